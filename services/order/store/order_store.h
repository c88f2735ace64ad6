/* SPDX-License-Identifier: Apache-2.0 */
/* order_store.h - where orders are kept: inserted and found asynchronously by event loops.
 *
 * A program opens one store, to which each event loop attaches. A backend is one
 * `struct order_store_impl`, chosen by the URL's scheme. Its objects begin with the structs below, and
 * their functions are called by `impl`:
 *
 *	store->impl->attach(store, loop, &mine);
 *	call = mine->impl->insert(mine, &insert, on_stored, order);
 *
 * An insert that has begun goes on when nobody waits for it any longer: its client may repeat it with
 * the same key, which is stored once, and gets the same number.
 *
 * Threads: open and close are the main thread's; a loop and its calls belong to the loop's thread.
 */
#ifndef ORDER_ORDER_STORE_H
#define ORDER_ORDER_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "h2o_compat.h"

/* Limits. */
#define ORDER_ITEM_MAX_BYTES 256  /* of UTF-8; the gateway has the same (checkout.h) */
#define ORDER_KEY_MAX_BYTES 64	  /* printable ASCII without spaces */
#define ORDER_STORE_WHY_BYTES 256 /* of a message, with its NUL */
#define ORDER_STORE_LOCK_MAX_MS 3600000
#define ORDER_STORE_CALLS_MAX 1024u /* inserts and finds in progress, each; more are refused */

enum order_store_error {
	ORDER_STORE_OK = 0,
	ORDER_STORE_NOT_FOUND,	 /* no order has this number */
	ORDER_STORE_BUSY,	 /* no lock, or no answer, within settings.timeout_ms */
	ORDER_STORE_FULL,	 /* no space for it */
	ORDER_STORE_UNAVAILABLE, /* no connection, or the database failed */
};

struct order_record {
	int64_t number; /* unique in its store, from 1 */
	const char *item;
	long long qty;
};

struct order_store_result { /* borrowed for the callback */
	enum order_store_error error;
	const char *reason; /* the database's, for people; "" without an error */
	/* Of ORDER_STORE_OK. After an insert what is stored under its key: the item and qty of the first
	 * one, if there was one before. */
	struct order_record record;
};

typedef void (*order_store_cb)(void *user, const struct order_store_result *result);

/* What is current while a call's statement runs, on whatever thread that is: a span, for example. All
 * zero: nothing. */
struct order_store_context {
	/* Calls statement(argument) with data current and returns its result. Threads: any. */
	void *(*run)(void *data, void *(*statement)(void *argument), void *argument);
	/* Called once, when the call has ended, also one that was cancelled. Threads: any. */
	void (*release)(void *data);
	void *data;
};

struct order_store_insert {
	const char *key;  /* of the client, up to ORDER_KEY_MAX_BYTES; NULL: none. Copied */
	const char *item; /* copied */
	long long qty;
	struct order_store_context context; /* takes */
};

struct order_store_settings {
	unsigned timeout_ms; /* of a call, with its time in a queue */
	/* A second writer has the orders locked for so long at each insert; borrowed until close, may
	 * change, but not PostgreSQL's. NULL: there is no such writer. */
	const atomic_uint *lock_ms;
};

/* The first members of a backend's objects. */
struct order_store {
	const struct order_store_impl *impl;
};
struct order_store_loop { /* a store, as one loop uses it */
	const struct order_store_impl *impl;
};
struct order_store_call { /* an insert or a find in progress */
	const struct order_store_impl *impl;
};

struct order_store_impl {
	const char *schemes[2]; /* of its URLs, before the colon; the second may be NULL */

	/**
	 * Opens a store. A database that cannot be reached now, but may be later, is no error.
	 * @param url   whole, with its scheme; borrowed until close
	 * @param why   filled on failure but for -ENOMEM; without a password
	 * @return 0; -EINVAL: the URL is wrong; or another -Exxx
	 */
	int (*open)(const char *url, const struct order_store_settings *settings,
		char why[ORDER_STORE_WHY_BYTES], struct order_store **ret_store);

	/** Finishes the inserts that have begun, within their timeout, and frees the store; its loops are
	 * detached, or their threads have ended. */
	void (*close)(struct order_store *store);

	/** @return 0 or -Exxx */
	int (*attach)(
		struct order_store *store, h2o_loop_t *loop, struct order_store_loop **ret_loop);

	/** Frees it, whose calls have ended or were cancelled. */
	void (*detach)(struct order_store_loop *loop);

	/**
	 * Inserts an order, unless its key is stored already.
	 * @param on_end  called once, later, never from within this function; not after cancel()
	 * @return borrowed until on_end is called or the call is cancelled; NULL: too many are in
	 *         progress, or no memory (the context is released)
	 */
	struct order_store_call *(*insert)(struct order_store_loop *loop,
		const struct order_store_insert *insert, order_store_cb on_end, void *user);

	/** Finds an order. @param context  takes; otherwise as insert() */
	struct order_store_call *(*find)(struct order_store_loop *loop, int64_t number,
		const struct order_store_context *context, order_store_cb on_end, void *user);

	/** Nobody waits for a call any longer: on_end is not called. An insert goes on. */
	void (*cancel)(struct order_store_call *call);
};

extern const struct order_store_impl order_store_sqlite, order_store_postgresql;

/* The URLs of this build's backends, for --help; also "none". */
#if ORDER_HAS_SQLITE && ORDER_HAS_POSTGRESQL
#define ORDER_STORE_URLS "sqlite:FILE, postgresql://..."
#elif ORDER_HAS_SQLITE
#define ORDER_STORE_URLS "sqlite:FILE"
#elif ORDER_HAS_POSTGRESQL
#define ORDER_STORE_URLS "postgresql://..."
#else
#define ORDER_STORE_URLS ""
#endif

/** The word of an error for programs and spans, such as "store_busy"; static. */
const char *order_store_error_name(enum order_store_error error);

/**
 * Opens the store of a URL: "none", "sqlite:FILE" or "postgresql://...".
 * @param why        filled on failure
 * @param ret_store  NULL for "none"
 * @return 0; -EINVAL: the URL is wrong, or this build has no such backend; or another -Exxx
 */
int order_store_open(const char *url, const struct order_store_settings *settings,
	char why[ORDER_STORE_WHY_BYTES], struct order_store **ret_store);

#endif
