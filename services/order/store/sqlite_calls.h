/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_calls.h - calls between event loops and the threads that run them: a bounded queue to a
 * thread, and a list of ended calls back to each loop.
 *
 * A call is its thread's from sqlite_queue_add() to sqlite_call_end(), but for on_end and user. */
#ifndef ORDER_SQLITE_CALLS_H
#define ORDER_SQLITE_CALLS_H

#include <pthread.h>

#include "sqlite_orders.h"

struct sqlite_loop;

struct sqlite_call {
	struct order_store_call call;
	struct sqlite_call *next;
	struct sqlite_loop *loop;
	order_store_cb on_end; /* the loop's; NULL: cancelled */
	void *user;
	struct order_store_context context;
	uint64_t deadline_ms; /* of monotonic_ms() */
	bool is_insert;
	char key[ORDER_KEY_MAX_BYTES + 1]; /* "": none */
	char item[ORDER_ITEM_MAX_BYTES + 1];
	long long qty;
	int64_t number;
	enum order_store_error error;
	struct sqlite_order row; /* the result */
};

/* In the order in which they were added. */
struct sqlite_call_list {
	struct sqlite_call *first, *last;
};

/* --- to a thread -------------------------------------------------------------------------- */

struct sqlite_queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* mutex held: */
	struct sqlite_call_list calls;
	unsigned n;
	bool is_closed;
};

void sqlite_queue_init(struct sqlite_queue *queue);
void sqlite_queue_done(struct sqlite_queue *queue);
/** @return false: full */
bool sqlite_queue_add(struct sqlite_queue *queue, struct sqlite_call *call);
/** Waits for a call; NULL: closed and empty. */
struct sqlite_call *sqlite_queue_take(struct sqlite_queue *queue);
void sqlite_queue_close(struct sqlite_queue *queue);

/* --- back to a loop ----------------------------------------------------------------------- */

struct sqlite_loop {
	struct order_store_loop loop;
	struct order_store *store;
	struct sqlite_loop *next; /* of the store's */
	h2o_socket_t *sock;	  /* of fd */
	pthread_mutex_t mutex;
	/* mutex held: */
	struct sqlite_call_list ended;
	int fd; /* an eventfd, readable while there are ended calls; -1: detached */
};

/** @return 0 or -Exxx */
int sqlite_loop_start(struct sqlite_loop *loop, h2o_loop_t *h2o);
/** Calls that end later are freed. */
void sqlite_loop_stop(struct sqlite_loop *loop);
/** Frees what is left when no thread ends calls any longer. */
void sqlite_loop_done(struct sqlite_loop *loop);

/** Releases a call's context and hands it to its loop, which frees it. */
void sqlite_call_end(struct sqlite_call *call);

#endif
