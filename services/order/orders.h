/* SPDX-License-Identifier: Apache-2.0 */
/* orders.h - POST /orders {"item":"widget","qty":1}: runs the steps of an order, each of which
 * takes some time, and answers {"order_id":"ord-789","status":"created"}.
 *
 * A program is a list of steps, with hooks for what it does besides waiting.
 */
#ifndef ORDER_ORDERS_H
#define ORDER_ORDERS_H

#include "http_work.h"
#include <jansson.h>

/* Limits of an order; the gateway has the same (checkout.h). */
#define ORDER_ITEM_MAX_BYTES 256 /* bytes of UTF-8 */
#define ORDER_QTY_MAX 1000000

#define ORDER_STEPS_MAX 4

struct order {
	struct http_work work;
	char *item; /* borrowed from the request, valid as long as the order */
	long long qty;
	size_t step; /* the current one */
	struct timer timer;
	/* State of the hooks, orders_service.extra_size bytes, initially zero. */
	_Alignas(max_align_t) char extra[];
};

/* A simulated operation, such as a database query. */
struct order_step {
	const char *setting;  /* the environment variable of its duration in ms */
	unsigned duration_ms; /* when unset */
	const char *help;     /* one line, for --help */
	/* Called before and after; may be NULL. */
	void (*begin)(struct order *order);
	void (*end)(struct order *order);
};

struct orders_service {
	const char *name; /* of the program */
	const struct order_step *steps;
	size_t n_steps; /* up to ORDER_STEPS_MAX */
	/* The route's handler; NULL: orders_take(). */
	void (*handle)(h2o_req_t *req);
	/* The hooks below may be NULL. */
	size_t extra_size;
	void (*received)(struct order *order);
	/* Called last for every accepted order, answered or cancelled. */
	void (*gone)(struct order *order);
	/* Called before threads are started (0, or -Exxx, which ends the program), and after the
	 * last answer. */
	int (*before)(void);
	void (*after)(void);
};

/**
 * Accepts an order: answers when its steps are done, or at once with an error: 400 with the invalid
 * field, or those of http_read_json().
 */
void orders_take(h2o_req_t *req);

/**
 * Validates an order's JSON.
 * @param ret_item, ret_qty  its fields, borrowed from it; NULL when missing
 * @return NULL, or a static message that names the invalid field
 */
const char *orders_check(const json_t *order, const json_t **ret_item, const json_t **ret_qty);

/** Runs the program until SIGTERM or SIGINT. @return the exit status */
int orders_main(const struct orders_service *service, int argc, char **argv);

#endif
