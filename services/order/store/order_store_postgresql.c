/* SPDX-License-Identifier: Apache-2.0 */
/* order_store_postgresql.c - orders in a PostgreSQL, 14 or later: each insert and each find is a command of a pool's
 * pipelines (pg_pool.h), so nothing here waits. */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order_store.h"
#include "pg_locker.h"
#include "pg_pool.h"

#define CONNECTIONS 2 /* of a loop: one that is lost leaves another */
/* Beyond a call's timeout, which is the database's to notice: for its answer to arrive. */
#define GRACE_MS 250

/* The lock: two that find no table must not both create it. */
#define SETUP                                                                                      \
	"DO $$ BEGIN IF to_regclass('orders') IS NULL THEN "                                       \
	"PERFORM pg_advisory_xact_lock(7381240360074862441); "                                     \
	"CREATE TABLE IF NOT EXISTS orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "  \
	"key text UNIQUE, item text NOT NULL, qty bigint NOT NULL, "                               \
	"created timestamptz NOT NULL DEFAULT now()); END IF; END $$"
/* An update that changes nothing returns the row that is there. */
#define INSERT                                                                                     \
	"INSERT INTO orders (key, item, qty) VALUES ($1, $2, $3::bigint) "                         \
	"ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id, item, qty"
#define FIND "SELECT id, item, qty FROM orders WHERE id = $1::bigint"

struct pg_store {
	struct order_store super;
	const char *url;
	struct order_store_settings settings;
	atomic_flag has_locker; /* one of its loops has */
};

struct pg_loop {
	struct order_store_loop super;
	struct pg_store *store;
	struct pg_pool pool;
	struct pg_locker *locker; /* NULL: none */
	struct delay limit, at_once;
};

struct call {
	struct order_store_call super;
	struct pg_loop *loop;
	struct order_store_context context;
	order_store_cb on_end; /* NULL: nobody waits for it */
	void *user;
	struct pg_call pg;
	bool is_sent;
	struct timer timer; /* of its limit; of its failure where it was not sent */
	const char *sql;
	const char *values[3]; /* valid while it is sent */
	size_t n_values;
};

/* --- a call's end ------------------------------------------------------------------------- */

static void call_free(struct call *call)
{
	timer_stop(&call->timer);
	if (call->context.release)
		call->context.release(call->context.data);
	free(call);
}

static void end(struct call *call, const struct order_store_result *result)
{
	order_store_cb on_end = call->on_end;

	timer_stop(&call->timer);
	call->on_end = NULL;
	if (on_end)
		on_end(call->user, result);
}

static void fail(struct call *call, enum order_store_error error, const char *why)
{
	end(call, &(struct order_store_result){.error = error, .reason = why});
}

/* Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
static enum order_store_error error_of(const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

	if (!state)
		return ORDER_STORE_UNAVAILABLE;
	if (strcmp(state, "57014") == 0 || strcmp(state, "55P03") == 0 ||
		strncmp(state, "40", 2) == 0)
		return ORDER_STORE_BUSY; /* a timeout, a lock, or a transaction that met another */
	if (strcmp(state, "53100") == 0)
		return ORDER_STORE_FULL;
	return ORDER_STORE_UNAVAILABLE;
}

static void on_reply(struct pg_call *pg, const PGresult *result, const char *why)
{
	struct call *call = H2O_STRUCT_FROM_MEMBER(struct call, pg, pg);

	if (why) {
		fail(call, error_of(result), why);
	} else if (PQntuples(result) == 0) {
		fail(call, ORDER_STORE_NOT_FOUND, "no order has this number");
	} else {
		end(call, &(struct order_store_result){.reason = "",
				  .record = {.number = strtoll(PQgetvalue(result, 0, 0), NULL, 10),
					  .item = PQgetvalue(result, 0, 1),
					  .qty = strtoll(PQgetvalue(result, 0, 2), NULL, 10)}});
	}
	call_free(call);
}

static void on_limit(struct timer *timer)
{
	fail(H2O_STRUCT_FROM_MEMBER(struct call, timer, timer), ORDER_STORE_BUSY,
		"the database does not answer in time");
}

static void on_not_sent(struct timer *timer)
{
	struct call *call = H2O_STRUCT_FROM_MEMBER(struct call, timer, timer);

	const char *why = call->loop->pool.shared.why;

	fail(call, ORDER_STORE_UNAVAILABLE, why[0] ? why : "the database does not answer yet");
	call_free(call);
}

static void call_cancel(struct order_store_call *super)
{
	struct call *call = (struct call *)super;

	call->on_end = NULL;
	timer_stop(&call->timer);
	if (!call->is_sent)
		call_free(call);
}

/* --- a call's start ----------------------------------------------------------------------- */

/* @return NULL: too many are under way */
static void *send_statement(void *argument)
{
	struct call *call = argument;
	enum pg_send_error error =
		pg_pool_send(&call->loop->pool, call->sql, call->values, call->n_values, &call->pg);

	call->is_sent = error == PG_SENT;
	return error == PG_FULL ? NULL : call;
}

static struct order_store_call *start(struct pg_loop *loop, const struct call *how)
{
	struct call *call = malloc(sizeof(*call));

	if (!call) {
		if (how->context.release)
			how->context.release(how->context.data);
		return NULL;
	}
	*call = *how;
	call->super.impl = loop->super.impl;
	call->loop = loop;
	call->pg.on_reply = on_reply;
	const struct order_store_context *context = &call->context;
	if (!(context->run ? context->run(context->data, send_statement, call)
			   : send_statement(call))) {
		call_free(call);
		return NULL;
	}
	if (call->is_sent)
		timer_start(&call->timer, &loop->limit, on_limit);
	else
		timer_start(&call->timer, &loop->at_once, on_not_sent);
	return &call->super;
}

static struct order_store_call *insert_order(struct order_store_loop *super,
	const struct order_store_insert *insert, order_store_cb on_end, void *user)
{
	char qty[24];

	snprintf(qty, sizeof(qty), "%lld", insert->qty);
	return start((struct pg_loop *)super, &(struct call){.context = insert->context,
						      .on_end = on_end,
						      .user = user,
						      .sql = INSERT,
						      .values = {insert->key, insert->item, qty},
						      .n_values = 3});
}

static struct order_store_call *find_order(struct order_store_loop *super, int64_t number,
	const struct order_store_context *context, order_store_cb on_end, void *user)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, number);
	return start((struct pg_loop *)super, &(struct call){.context = *context,
						      .on_end = on_end,
						      .user = user,
						      .sql = FIND,
						      .values = {id},
						      .n_values = 1});
}

/* --- the store ---------------------------------------------------------------------------- */

static int store_open(const char *url, const struct order_store_settings *settings,
	char why[ORDER_STORE_WHY_BYTES], struct order_store **ret_store)
{
	_Static_assert(PG_WHY_BYTES <= ORDER_STORE_WHY_BYTES, "why has room");
	struct pg_store *store = NULL;

	*ret_store = NULL;
	if (!pg_pool_check(url, why))
		return -EINVAL;
	store = calloc(1, sizeof(*store));
	if (!store)
		return -ENOMEM;
	store->super.impl = &order_store_postgresql;
	store->url = url;
	store->settings = *settings;
	atomic_flag_clear(&store->has_locker);
	*ret_store = &store->super;
	return 0;
}

static void store_close(struct order_store *store)
{
	free(store);
}

static void loop_detach(struct order_store_loop *super)
{
	struct pg_loop *loop = (struct pg_loop *)super;

	pg_pool_finish(&loop->pool, loop->store->settings.timeout_ms);
	pg_pool_close(&loop->pool);
	pg_locker_close(loop->locker);
	delay_done(&loop->limit);
	delay_done(&loop->at_once);
	free(loop);
}

static int store_attach(
	struct order_store *super, h2o_loop_t *h2o, struct order_store_loop **ret_loop)
{
	struct pg_store *store = (struct pg_store *)super;
	struct pg_loop *loop = calloc(1, sizeof(*loop));

	*ret_loop = NULL;
	if (!loop)
		return -ENOMEM;
	loop->super.impl = super->impl;
	loop->store = store;
	delay_init(&loop->limit, h2o, store->settings.timeout_ms + GRACE_MS);
	delay_init(&loop->at_once, h2o, 0);
	const struct pg_settings settings = {
		.url = store->url,
		.name = "order-service",
		.setup = SETUP,
		.options = "",
		.n_connections = CONNECTIONS,
		.n_calls_max = ORDER_STORE_CALLS_MAX / CONNECTIONS,
		.timeout_ms = store->settings.timeout_ms,
	};
	unsigned lock_ms = store->settings.lock_ms ? atomic_load(store->settings.lock_ms) : 0;
	int err = pg_pool_open(&loop->pool, h2o, &settings);
	if (!err && lock_ms > 0 && !atomic_flag_test_and_set(&store->has_locker))
		err = pg_locker_open(&settings, h2o, lock_ms, &loop->locker);
	if (err) {
		loop_detach(&loop->super);
		return err;
	}
	*ret_loop = &loop->super;
	return 0;
}

const struct order_store_impl order_store_postgresql = {
	.schemes = {"postgresql", "postgres"},
	.open = store_open,
	.close = store_close,
	.attach = store_attach,
	.detach = loop_detach,
	.insert = insert_order,
	.find = find_order,
	.cancel = call_cancel,
};
