/* SPDX-License-Identifier: Apache-2.0 */
/* order_store_sqlite.c - orders in a SQLite file. SQLite blocks, so two threads with a connection each
 * run what the loops want: one inserts, the other finds, which waits for no insert. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/monotonic.h"
#include "sqlite_calls.h"
#include "sqlite_rival.h"

struct worker {
	struct sqlite_queue queue;
	struct sqlite_orders orders;
	struct sqlite_rival *rival; /* NULL: none */
	pthread_t thread;
	bool is_running;
};

struct sqlite_store {
	struct order_store store;
	unsigned timeout_ms;
	struct worker inserts, finds;
	struct sqlite_rival *rival;
	pthread_mutex_t mutex;
	struct sqlite_loop *loops; /* mutex held */
};

/* A call as the argument of a statement. */
struct job {
	struct worker *worker;
	struct sqlite_call *call;
};

/* --- the threads -------------------------------------------------------------------------- */

static void *execute(void *user)
{
	struct job *job = user;
	struct sqlite_call *call = job->call;
	struct sqlite_orders *orders = &job->worker->orders;

	call->error = call->is_insert
			      ? sqlite_orders_insert(orders, call->key[0] ? call->key : NULL,
					call->item, call->qty, &call->row)
			      : sqlite_orders_find(orders, call->number, &call->row);
	return NULL;
}

static void perform(struct worker *worker, struct sqlite_call *call)
{
	struct job job = {worker, call};

	if (worker->rival && monotonic_ms() < call->deadline_ms)
		sqlite_rival_lock(worker->rival);
	uint64_t now_ms = monotonic_ms();
	if (now_ms >= call->deadline_ms) {
		call->error = ORDER_STORE_BUSY;
		snprintf(call->row.reason, sizeof(call->row.reason),
			"its turn did not come in time");
		return;
	}
	sqlite3_busy_timeout(worker->orders.db, (int)(call->deadline_ms - now_ms));
	if (call->context.run)
		call->context.run(call->context.data, execute, &job);
	else
		execute(&job);
}

static void *work(void *user)
{
	struct worker *worker = user;
	struct sqlite_call *call;

	while ((call = sqlite_queue_take(&worker->queue))) {
		perform(worker, call);
		sqlite_call_end(call);
	}
	return NULL;
}

/* --- calls -------------------------------------------------------------------------------- */

static struct order_store_call *start(struct sqlite_loop *loop, struct worker *worker,
	struct sqlite_call *call, const struct order_store_context *context, order_store_cb on_end,
	void *user)
{
	const struct sqlite_store *store = (struct sqlite_store *)loop->store;

	if (call) {
		call->call.impl = &order_store_sqlite;
		call->loop = loop;
		call->context = *context;
		call->on_end = on_end;
		call->user = user;
		call->deadline_ms = monotonic_ms() + store->timeout_ms;
		if (sqlite_queue_add(&worker->queue, call))
			return &call->call;
	}
	if (context->release)
		context->release(context->data);
	free(call);
	return NULL;
}

static struct order_store_call *store_insert(struct order_store_loop *loop,
	const struct order_store_insert *insert, order_store_cb on_end, void *user)
{
	struct sqlite_loop *mine = (struct sqlite_loop *)loop;
	struct sqlite_call *call = calloc(1, sizeof(*call));

	if (call) {
		call->is_insert = true;
		snprintf(call->key, sizeof(call->key), "%s", insert->key ? insert->key : "");
		snprintf(call->item, sizeof(call->item), "%s", insert->item);
		call->qty = insert->qty;
	}
	return start(mine, &((struct sqlite_store *)mine->store)->inserts, call, &insert->context,
		on_end, user);
}

static struct order_store_call *store_find(struct order_store_loop *loop, int64_t number,
	const struct order_store_context *context, order_store_cb on_end, void *user)
{
	struct sqlite_loop *mine = (struct sqlite_loop *)loop;
	struct sqlite_call *call = calloc(1, sizeof(*call));

	if (call)
		call->number = number;
	return start(
		mine, &((struct sqlite_store *)mine->store)->finds, call, context, on_end, user);
}

static void store_cancel(struct order_store_call *call)
{
	((struct sqlite_call *)call)->on_end = NULL;
}

/* --- loops -------------------------------------------------------------------------------- */

static int store_attach(
	struct order_store *store, h2o_loop_t *h2o, struct order_store_loop **ret_loop)
{
	struct sqlite_store *mine = (struct sqlite_store *)store;
	struct sqlite_loop *loop = calloc(1, sizeof(*loop));
	int err = loop ? sqlite_loop_start(loop, h2o) : -ENOMEM;

	if (err) {
		free(loop);
		return err;
	}
	loop->loop.impl = &order_store_sqlite;
	loop->store = store;
	pthread_mutex_lock(&mine->mutex);
	loop->next = mine->loops;
	mine->loops = loop;
	pthread_mutex_unlock(&mine->mutex);
	*ret_loop = &loop->loop;
	return 0;
}

/* It is freed with the store: inserts that nobody waits for may still run. */
static void store_detach(struct order_store_loop *loop)
{
	sqlite_loop_stop((struct sqlite_loop *)loop);
}

/* --- the store ---------------------------------------------------------------------------- */

static int worker_start(struct worker *worker)
{
	int err = pthread_create(&worker->thread, NULL, work, worker);

	worker->is_running = err == 0;
	return -err;
}

static void worker_stop(struct worker *worker)
{
	if (worker->is_running) {
		sqlite_queue_close(&worker->queue);
		pthread_join(worker->thread, NULL);
	}
	sqlite_orders_close(&worker->orders);
	sqlite_queue_done(&worker->queue);
}

static void store_close(struct order_store *store)
{
	struct sqlite_store *mine = (struct sqlite_store *)store;

	worker_stop(&mine->inserts);
	worker_stop(&mine->finds);
	sqlite_rival_free(mine->rival);
	while (mine->loops) {
		struct sqlite_loop *loop = mine->loops;
		mine->loops = loop->next;
		sqlite_loop_done(loop);
	}
	pthread_mutex_destroy(&mine->mutex);
	free(mine);
}

static int start_threads(struct sqlite_store *store, const char *file,
	const struct order_store_settings *settings, char why[ORDER_STORE_WHY_BYTES])
{
	int err = sqlite_orders_open(&store->inserts.orders, file, settings->timeout_ms, why);

	if (!err)
		err = sqlite_orders_open(&store->finds.orders, file, settings->timeout_ms, why);
	if (!err && settings->lock_ms)
		err = sqlite_rival_new(
			file, settings->lock_ms, settings->timeout_ms, why, &store->rival);
	if (err)
		return err;
	store->inserts.rival = store->rival;
	err = worker_start(&store->inserts);
	if (!err)
		err = worker_start(&store->finds);
	if (err)
		snprintf(why, ORDER_STORE_WHY_BYTES, "cannot start a thread: %s", strerror(-err));
	return err;
}

static int store_open(const char *url, const struct order_store_settings *settings,
	char why[ORDER_STORE_WHY_BYTES], struct order_store **ret_store)
{
	const char *file = strchr(url, ':') + 1;

	/* Each connection would have a database of its own in memory. */
	if (!*file || strcmp(file, ":memory:") == 0) {
		snprintf(why, ORDER_STORE_WHY_BYTES, "must have a file, as in sqlite:orders.db");
		return -EINVAL;
	}
	struct sqlite_store *store = calloc(1, sizeof(*store));
	if (!store)
		return -ENOMEM;
	store->store.impl = &order_store_sqlite;
	store->timeout_ms = settings->timeout_ms;
	pthread_mutex_init(&store->mutex, NULL);
	sqlite_queue_init(&store->inserts.queue);
	sqlite_queue_init(&store->finds.queue);
	int err = start_threads(store, file, settings, why);
	if (err) {
		store_close(&store->store);
		return err;
	}
	*ret_store = &store->store;
	return 0;
}

const struct order_store_impl order_store_sqlite = {
	.schemes = {"sqlite"},
	.open = store_open,
	.close = store_close,
	.attach = store_attach,
	.detach = store_detach,
	.insert = store_insert,
	.find = store_find,
	.cancel = store_cancel,
};
