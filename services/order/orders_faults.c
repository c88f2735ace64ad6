/* SPDX-License-Identifier: Apache-2.0 */
/* orders_faults.c - faults of orders: what happens before a step takes its time, or instead. */
#include "orders_faults.h"

#include <string.h>

#include "base/monotonic.h"
#include "http_answer.h"
#include "orders_wrap.h"

#define TICK_MS 5 /* a wait of any length is made of these, as a delay has one length */
#define CACHE_MAX 64

enum { SLOW_DEPENDENCY, ERROR_RATE, BIG_ORDER, QUEUE_OF_ONE, SMALL_CACHE, STORE_LOCK, N_FAULTS };

static struct fault faults[N_FAULTS] = {
	[SLOW_DEPENDENCY] = {"slow-dependency",
		"an order's first step, a call of another system, takes SIZE ms longer", "ms", 700,
		60000},
	[ERROR_RATE] = {"error-rate", "SIZE of 100 orders fail at their insert", "%", 10, 100},
	[BIG_ORDER] = {"big-order", "orders of SIZE units or more fail at their insert", "units",
		900, ORDER_QTY_MAX},
	[QUEUE_OF_ONE] = {"queue-of-one", "orders are inserted one after the other", "1: on", 1, 1},
	[SMALL_CACHE] = {"small-cache",
		"a cache of SIZE items: the inventory check takes no time for one that is in it",
		"items", 2, CACHE_MAX},
	[STORE_LOCK] = {"store-lock",
		"of a SQLite store: a second writer holds its lock for SIZE ms at each insert",
		"ms", 1500, ORDER_STORE_LOCK_MAX_MS},
};

/* An order's, behind what the service itself adds to it. */
struct faulty {
	struct order *order;
	bool fails;
	struct timer timer;
	uint64_t until_ms;
	bool (*then)(struct order *order); /* after the wait; as orders_run() */
	struct faulty *next;		   /* behind it in the queue */
};

/* A thread's. */
static _Thread_local struct {
	struct delay tick;
	uint64_t n_orders;		      /* for the rate */
	struct faulty *holder, *first, *last; /* the queue of one, and who waits */
	unsigned n_cached;
	char cache[CACHE_MAX][ORDER_ITEM_MAX_BYTES + 1]; /* the latest first */
} thread;

static struct orders_service plain; /* the service without faults */
static size_t faulty_at;	    /* in order->extra */

static struct faulty *faulty_of(const struct order *order)
{
	return (struct faulty *)(order->extra + faulty_at);
}

static unsigned size_of(const struct order *order, unsigned fault)
{
	return fault_size(order->work.req, &faults[fault]);
}

static void on_tick(struct timer *timer)
{
	struct faulty *faulty = H2O_STRUCT_FROM_MEMBER(struct faulty, timer, timer);

	if (monotonic_ms() < faulty->until_ms)
		timer_start(timer, &thread.tick, on_tick);
	else if (faulty->then(faulty->order))
		orders_step_done(faulty->order);
}

static void wait_for(struct faulty *faulty, unsigned ms, bool (*then)(struct order *order))
{
	faulty->until_ms = monotonic_ms() + ms;
	faulty->then = then;
	timer_start(&faulty->timer, &thread.tick, on_tick);
}

/* --- the beginning: which orders fail ------------------------------------------------------ */

static bool has_to_fail(const struct order *order)
{
	unsigned percent = size_of(order, ERROR_RATE), units = size_of(order, BIG_ORDER);
	uint64_t nth = thread.n_orders++;

	/* Evenly: of each 100, that many. */
	return (units > 0 && order->qty >= units) ||
	       (nth + 1) * percent / 100 > nth * percent / 100;
}

static void on_received(struct order *order)
{
	struct faulty *faulty = faulty_of(order);

	faulty->order = order;
	faulty->fails = has_to_fail(order);
	if (plain.received)
		plain.received(order);
}

bool orders_faults_fails(const struct order *order)
{
	return faulty_of(order)->fails;
}

/* --- the insert: errors, a queue of one --------------------------------------------------- */

static bool run_insert(struct order *order)
{
	struct faulty *faulty = faulty_of(order);

	if (faulty->fails) {
		http_error(orders_fail(order, "insert_failed", "the record was refused"), 500,
			"insert_failed", "the order could not be stored");
		return false;
	}
	if (size_of(order, QUEUE_OF_ONE) == 0)
		return plain.run(order);
	if (!thread.holder) {
		thread.holder = faulty;
		return plain.run(order);
	}
	if (plain.queued)
		plain.queued(order, (thread.last ? thread.last : thread.holder)->order);
	*(thread.first ? &thread.last->next : &thread.first) = faulty;
	thread.last = faulty;
	return false;
}

/* The order is answered, or its client has gone: the next one has its turn. */
static void leave_queue(struct faulty *faulty)
{
	struct faulty **link = &thread.first, *before = NULL;

	if (faulty != thread.holder) {
		for (; *link && *link != faulty; link = &before->next)
			before = *link;
		if (!*link)
			return;
		*link = faulty->next;
		if (thread.last == faulty)
			thread.last = before;
		return;
	}
	thread.holder = thread.first;
	if (!thread.first)
		return;
	thread.first = thread.holder->next;
	if (!thread.first)
		thread.last = NULL;
	wait_for(thread.holder, 0, plain.run);
}

/* --- the first step: a slow dependency, a small cache ------------------------------------- */

/* Looks an item up and puts it first. @return whether it was among the n first */
static bool look_up(const char *item, unsigned n)
{
	unsigned at = 0;

	while (at < thread.n_cached && strcmp(thread.cache[at], item) != 0)
		at++;
	bool is_hit = at < thread.n_cached && at < n;
	if (at == thread.n_cached && at < CACHE_MAX)
		thread.n_cached++;
	if (at == CACHE_MAX)
		at--;
	memmove(thread.cache[1], thread.cache[0], at * sizeof(thread.cache[0]));
	strcpy(thread.cache[0], item); /* its length is checked */
	return is_hit;
}

static bool run_rest(struct order *order)
{
	return orders_step(order)->is_insert ? run_insert(order) : plain.run(order);
}

static bool run(struct order *order)
{
	unsigned slow_ms = 0, n_cached = 0;

	if (order->step == 0) {
		slow_ms = size_of(order, SLOW_DEPENDENCY);
		n_cached = size_of(order, SMALL_CACHE);
	}
	if (n_cached > 0 && !orders_step(order)->is_insert) {
		bool is_hit = look_up(order->item, n_cached);
		if (plain.cached)
			plain.cached(order, is_hit);
		if (is_hit)
			return true;
	}
	if (slow_ms == 0)
		return run_rest(order);
	wait_for(faulty_of(order), slow_ms, run_rest);
	return false;
}

/* --- the service with faults -------------------------------------------------------------- */

static void on_gone(struct order *order)
{
	struct faulty *faulty = faulty_of(order);

	timer_stop(&faulty->timer);
	leave_queue(faulty);
	if (plain.gone)
		plain.gone(order);
}

static void start_thread(h2o_loop_t *loop)
{
	delay_init(&thread.tick, loop, TICK_MS);
}

static void stop_thread(void)
{
	delay_done(&thread.tick);
}

void orders_faults_add(struct orders_service *service)
{
	faults_add(faults, N_FAULTS);
	plain = *service;
	faulty_at = orders_wrap_extra(service, sizeof(struct faulty));
	service->received = on_received;
	service->run = run;
	service->gone = on_gone;
	service->start_thread = start_thread;
	service->stop_thread = stop_thread;
	service->store_lock_ms = &faults[STORE_LOCK].now;
}
