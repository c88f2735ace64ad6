/* SPDX-License-Identifier: Apache-2.0 */
/* orders.h - POST /orders {"item":"widget","qty":1}: takes an order by working through its steps,
 * each of which takes its time, and answers {"order_id":"ord-789","status":"created"}.
 *
 * A program is a list of steps, with hooks where it wants to do more than wait.
 */
#ifndef ORDER_ORDERS_H
#define ORDER_ORDERS_H

#include "http_work.h"
#include <jansson.h>

/* What an order may be; the gateway has the same limits (checkout.h). */
#define ORDER_ITEM_MAX 256 /* bytes of UTF-8 */
#define ORDER_QTY_MAX 1000000

#define ORDER_STEPS_MAX 4

struct order {
	struct http_work work;
	char *item; /* borrowed from the request, as long as the order */
	long long qty;
	size_t step; /* which one it is in */
	struct timer timer;
	/* The hooks' own state, orders_service.extra_size bytes, zero at first. */
	_Alignas(max_align_t) char extra[];
};

/* What waiting stands for: a query to a database, say. */
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
	/* The route's handler; NULL: orders_take() as it is. */
	void (*handle)(h2o_req_t *req);
	/* The hooks below may be NULL. */
	size_t extra_size;
	void (*received)(struct order *order);
	/* Called for every order that was received, last: answered, or given up on its way. */
	void (*gone)(struct order *order);
	/* Before there are threads (0, or -Exxx, which ends the program), and after the last
	 * answer. */
	int (*before)(void);
	void (*after)(void);
};

/**
 * Takes an order: answers when its steps are done, or now with an error: 400 for what is not an
 * order, naming the field, and those of http_read_json().
 */
void orders_take(h2o_req_t *req);

/**
 * Looks at an order's JSON.
 * @param ret_item, ret_qty  its fields, borrowed from it; NULL where they are missing
 * @return NULL, or what is wrong with it, with the field's name; static
 */
const char *orders_check(const json_t *order, const json_t **ret_item, const json_t **ret_qty);

/** Runs the program until it is told to stop. @return what it is to exit with */
int orders_main(const struct orders_service *service, int argc, char **argv);

#endif
