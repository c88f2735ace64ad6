/* SPDX-License-Identifier: Apache-2.0 */
/* orders.h - POST /orders {"item":"widget","qty":1}: runs the steps of an order, each of which
 * takes some time, and answers {"order_id":"ord-789","status":"created"}.
 *
 * A program is a list of steps, with hooks for what it does besides waiting. With a store
 * (ORDER_STORE) one of them is the insert into it, orders have ids of their own, and
 * GET /orders/{id} reads them back.
 */
#ifndef ORDER_ORDERS_H
#define ORDER_ORDERS_H

#include "http_work.h"
#include "store/order_store.h"
#include <jansson.h>

/* Limit of an order, beside that of its item (order_store.h); the gateway has the same (checkout.h). */
#define ORDER_QTY_MAX 1000000

#define ORDER_STEPS_MAX 4

struct order {
	struct http_work work;
	char *item; /* borrowed from the request, valid as long as the order */
	long long qty;
	size_t step; /* the current one */
	struct timer timer;
	struct order_store_call *insert; /* NULL: none in progress */
	const char *key;		 /* as item; NULL: none */
	long long number;		 /* in the store; 0: none */
	/* State of the hooks, orders_service.extra_size bytes, initially zero. */
	_Alignas(max_align_t) char extra[];
};

/* A simulated operation, such as a database query. */
struct order_step {
	const char *setting;  /* the environment variable of its duration in ms */
	unsigned duration_ms; /* when unset */
	const char *help;     /* one line, for --help */
	bool is_insert;	      /* with a store it takes as long as the insert */
	/* Called before and after; may be NULL. */
	void (*begin)(struct order *order);
	void (*end)(struct order *order);
	/* Called instead of end. @param error  a word; @param reason  for people */
	void (*fail)(struct order *order, const char *error, const char *reason);
};

struct orders_service {
	const char *name; /* of the program */
	const struct order_step *steps;
	size_t n_steps; /* up to ORDER_STEPS_MAX */
	/* The routes' handlers; NULL: orders_take() and orders_find(). */
	void (*handle)(h2o_req_t *req);
	void (*handle_find)(h2o_req_t *req);
	/* Takes a step's time, as orders_run() does, which it is before add_faults(); NULL: orders_run() */
	bool (*run)(struct order *order);
	/* The hooks below may be NULL. */
	size_t extra_size;
	void (*received)(struct order *order);
	/* What is to be current while the store's statement for an order runs; NULL: for a lookup. */
	struct order_store_context (*context)(struct order *order);
	/* Called last for every accepted order, answered or cancelled. */
	void (*gone)(struct order *order);
	/* Called before threads are started (0, or -Exxx, which ends the program), and after the
	 * last answer. */
	int (*before)(void);
	void (*after)(void);
	/* What faults (orders_faults.h) tell: that the step waits behind another order's, that its
	 * result was in a cache or not. */
	void (*queued)(struct order *order, struct order *behind);
	void (*cached)(struct order *order, bool is_hit);
	/* Called with --faults, which the program has unless this is NULL: adds faults (orders_faults.h)
	 * to a copy of the service. */
	void (*add_faults)(struct orders_service *service);
	/* order_store_settings.lock_ms, for add_faults to replace; it gets the setting's value. */
	atomic_uint *store_lock_ms;
	/* Called on each thread before it serves, and after. */
	void (*start_thread)(h2o_loop_t *loop);
	void (*stop_thread)(void);
};

/**
 * Accepts an order: answers when its steps are done, or at once with an error: 400 with the invalid
 * field, 422 where its Idempotency-Key is another order's, 503 where the store cannot have it, or those
 * of http_read_json().
 */
void orders_take(h2o_req_t *req);

/** Answers GET /orders/{id} from the store: 404 for an unknown id, or as orders_take(). */
void orders_find(h2o_req_t *req);

/** Takes the time of an order's step: that of its setting or of the insert into the store.
 * @return true: it has passed already; false: orders_step_done() is called later, or the order fails */
bool orders_run(struct order *order);

/** Ends a step that took time, and goes on. */
void orders_step_done(struct order *order);

/** Ends an order whose step has failed. @param error  a word; @param reason  for people
 * @return its request, which is to be answered */
h2o_req_t *orders_fail(struct order *order, const char *error, const char *reason);

/** The current step of an order. */
const struct order_step *orders_step(const struct order *order);

/** The store of the thread that serves req; NULL: none. */
struct order_store_loop *orders_store(const h2o_req_t *req);

/** Answers a stored order. */
void orders_answer_stored(h2o_req_t *req, long long number);

/** Answers 503 with an error of the store's. */
void orders_answer_error(h2o_req_t *req, enum order_store_error error);

/** What is to be current for an order, or, NULL, for a lookup by req. */
struct order_store_context orders_context(const h2o_req_t *req, struct order *order);

/**
 * Validates an order's JSON.
 * @param ret_item, ret_qty  its fields, borrowed from it; NULL when missing
 * @return NULL, or a static message that names the invalid field
 */
const char *orders_check(const json_t *order, const json_t **ret_item, const json_t **ret_qty);

/** Runs the program until SIGTERM or SIGINT. @return the exit status */
int orders_main(const struct orders_service *service, int argc, char **argv);

#endif
