/* SPDX-License-Identifier: Apache-2.0 */
/* processor_relay.c - ending a span hands an index over; the relay does all the rest.
 *
 * span_slab.h has the protocol.  Here is what is around it: scopes and the resource are copied to
 * where the relay sees them, the relay's death is noticed, and a fork's child gets a slab of its own
 * with its first span.
 */
#include "process/processor_relay.h"

#include "process/batch.h"
#include "process/relay_address.h"
#include "trace/processor.h"
#include "trace/provider.h"
#include "trace/span_slab.h"
#include "util/clock.h"
#include "util/config.h"
#include "util/report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define QUEUE_SIZE_MAX (LT_SLAB_BLOCKS_MAX / 2)
/* Queued spans leave so much of the heap to those that are open, which would lose attributes. */
#define HEAP_QUEUED_MAX_BYTES (LT_SLAB_HEAP_BYTES - 2 * LT_ARENA_MAX_BYTES)
#define SCOPES 2048	    /* a power of two, more than a provider has tracers */
#define LOOK_MS 250	    /* how often the relay's heart is looked at while spans end */
#define HANG_MS 10000	    /* a relay whose heart has not beaten for as long is none */
#define ANSWER_MS 1000	    /* how long an exit waits for a relay that has read nothing yet */
#define WAIT_NAP_NS 1000000 /* while a flush waits */
#define NS_PER_MS UINT64_C(1000000)

/* What runs for each span. */
#define ALWAYS inline __attribute__((always_inline))

enum way {
	WAY_NONE, /* a fork's child that has made no span yet */
	WAY_RELAY,
	WAY_THREAD,
};

struct shared_scope {
	_Atomic(const struct lt_instrumentation_scope *)
		from;				     /* a tracer's, which lives for ever */
	const struct lt_instrumentation_scope *copy; /* NULL: there was no room */
};

static struct relay {
	struct lt_processor super;
	struct lt_processor *thread;
	struct lt_relay_address address;
	uint32_t n_blocks;
	uint64_t max_queue_size, max_queue_bytes;
	bool waits_at_exit; /* read early: at its exit a program may have no environment */
	_Atomic uint8_t way;
	atomic_bool is_shut_down;
	_Atomic uint64_t look_ns; /* Unix time of the next look at the relay's heart */
	_Atomic uint64_t n_late;
	_Atomic uint32_t n_messages; /* printed */

	pthread_mutex_t lock;  /* of what follows, and of changing the way */
	uint64_t beat_ns;      /* the last one seen, */
	uint64_t beat_seen_ns; /* and when: monotonic */
	struct lt_arena *heap; /* in the slab's: scopes and the resource; NULL: none yet */
	struct shared_scope scopes[SCOPES];
} relay = {.lock = PTHREAD_MUTEX_INITIALIZER};
static atomic_bool is_taken;

static ALWAYS enum way way(void)
{
	return (enum way)atomic_load_explicit(&relay.way, memory_order_acquire);
}

/* --- what all spans point at -------------------------------------------------------------- */

/* An arena in the slab, where its struct is too: so are its chunks.  NULL without room.  Lock held. */
static struct lt_arena *heap(void)
{
	if (!relay.heap && (relay.heap = lt_shared_alloc(LT_SHARED_PAGE_BYTES)))
		lt_arena_init(
			relay.heap, relay.heap + 1, LT_SHARED_PAGE_BYTES - sizeof(*relay.heap));
	return relay.heap;
}

static struct lt_attributes copy_attributes(
	struct lt_arena *arena, const struct lt_attr *attrs, size_t n)
{
	static const struct lt_attribute_limits limits = {
		.count = UINT32_MAX, .value_length = UINT32_MAX};
	struct lt_attributes set = {0};
	struct lt_attributes_room room = {0};
	lt_attributes_add(&set, &room, arena, &limits, attrs, n);
	return set;
}

static const struct lt_instrumentation_scope *copy_scope(
	const struct lt_instrumentation_scope *scope)
{
	struct lt_arena *arena = heap();
	struct lt_instrumentation_scope *copy = arena ? lt_arena_alloc(arena, sizeof(*copy)) : NULL;
	if (!copy)
		return NULL;
	*copy = (struct lt_instrumentation_scope){.name = {"", 0}};
	if (!lt_arena_copy(arena, scope->name, &copy->name) ||
		!lt_arena_copy(arena, scope->version, &copy->version) ||
		!lt_arena_copy(arena, scope->schema_url, &copy->schema_url))
		return NULL;
	struct lt_attributes attrs = copy_attributes(arena, scope->attrs, scope->n_attrs);
	copy->attrs = attrs.items;
	copy->n_attrs = attrs.n;
	return copy;
}

/* The place of a scope: its own, or the free one that it is to have.  There always is one, since a
 * provider has fewer tracers than there are places. */
static ALWAYS struct shared_scope *place_of(const struct lt_instrumentation_scope *scope)
{
	size_t i = ((uintptr_t)scope >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	for (size_t n = 0; n < SCOPES; n++, i++) {
		const struct lt_instrumentation_scope *from =
			atomic_load_explicit(&relay.scopes[i % SCOPES].from, memory_order_acquire);
		if (!from || from == scope)
			return &relay.scopes[i % SCOPES];
	}
	return NULL;
}

__attribute__((noinline)) static void add_scope(const struct lt_instrumentation_scope *scope)
{
	pthread_mutex_lock(&relay.lock);
	struct shared_scope *place = place_of(scope);
	if (place && !atomic_load(&place->from)) {
		place->copy = copy_scope(scope);
		atomic_store_explicit(&place->from, scope, memory_order_release);
	}
	pthread_mutex_unlock(&relay.lock);
}

static const struct lt_instrumentation_scope *shared_scope(
	const struct lt_instrumentation_scope *scope)
{
	struct shared_scope *place = place_of(scope);
	if (place && !atomic_load_explicit(&place->from, memory_order_acquire)) {
		add_scope(scope);
		place = place_of(scope);
	}
	return place && place->copy ? place->copy : scope;
}

__attribute__((noinline)) static void publish_resource(const struct lt_resource *resource)
{
	const struct lt_attributes *attrs = lt_resource_attributes(resource);
	pthread_mutex_lock(&relay.lock);
	struct lt_arena *arena = heap();
	struct lt_slab_resource *copy = arena ? lt_arena_alloc(arena, sizeof(*copy)) : NULL;
	if (copy && !atomic_load(&lt_slab->resource)) {
		copy->attrs = copy_attributes(arena, attrs->items, attrs->n);
		if (!lt_arena_copy(arena, lt_resource_schema_url(resource), &copy->schema_url))
			copy->schema_url = (struct lt_slice){"", 0};
		atomic_store_explicit(&lt_slab->resource, (uintptr_t)copy, memory_order_release);
	}
	pthread_mutex_unlock(&relay.lock);
}

/* --- the way ------------------------------------------------------------------------------ */

/* Lock held, or no other thread there. */
static void open_slab(void)
{
	int err = lt_slab_open(relay.address.name, relay.address.token, relay.n_blocks);
	if (err) {
		lt_report(relay.address.is_path ? LT_LEVEL_WARN : LT_LEVEL_DEBUG,
			"no relay%s%s: %s; a thread exports the spans",
			relay.address.is_path ? " at " : "",
			relay.address.is_path ? relay.address.name : "", strerror(-err));
		atomic_store(&relay.way, WAY_THREAD);
		return;
	}
	relay.beat_ns = 0;
	relay.beat_seen_ns = lt_clock_monotonic_ns();
	atomic_store_explicit(&relay.way, WAY_RELAY, memory_order_release);
}

static void on_need(void)
{
	pthread_mutex_lock(&relay.lock);
	open_slab();
	pthread_mutex_unlock(&relay.lock);
}

static void give_to_thread(struct lt_span *span, void *unused)
{
	relay.thread->impl->on_end(relay.thread, span);
}

static void change_to_thread(const char *reason)
{
	pthread_mutex_lock(&relay.lock);
	bool is_first = way() == WAY_RELAY;
	if (is_first) {
		atomic_store(&lt_slab->is_closed, 1);
		atomic_store_explicit(&relay.way, WAY_THREAD, memory_order_release);
	}
	pthread_mutex_unlock(&relay.lock);
	if (is_first)
		lt_report(LT_LEVEL_WARN,
			"the relay %s: a thread of the program's exports its spans from now on",
			reason);
}

/* Why the relay is one no more; NULL while it is. */
static const char *what_is_wrong(void)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (lt_slab_is_orphan())
		return "has died";
	pthread_mutex_lock(&relay.lock);
	uint64_t beat_ns = atomic_load(&lt_slab_control->beat_ns);
	if (beat_ns != relay.beat_ns) {
		relay.beat_ns = beat_ns;
		relay.beat_seen_ns = now_ns;
	}
	bool is_silent = now_ns - relay.beat_seen_ns > HANG_MS * NS_PER_MS;
	pthread_mutex_unlock(&relay.lock);
	return is_silent ? "does not answer" : NULL;
}

static void print_message(void)
{
	uint32_t n = atomic_load_explicit(&lt_slab_control->n_messages, memory_order_acquire);
	if (atomic_exchange(&relay.n_messages, n) == n)
		return;
	char text[LT_SLAB_MESSAGE_BYTES];
	memcpy(text, lt_slab_control->message, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	lt_report(LT_LEVEL_WARN, "%s", text);
}

static void report_drops(bool is_last)
{
	static _Atomic uint64_t reported, report_ns;
	uint64_t n_full = atomic_load(&lt_slab->n_full), n_late = atomic_load(&relay.n_late);
	uint64_t n_failed = atomic_load(&lt_slab_control->n_failed);
	uint64_t n_rejected = atomic_load(&lt_slab_control->n_rejected);
	uint64_t n_malformed = atomic_load(&lt_slab_control->n_malformed);
	uint64_t sum = n_full + n_late + n_failed + n_rejected + n_malformed;
	uint64_t before = atomic_load(&reported), now_ns = lt_clock_monotonic_ns();
	uint64_t last_ns = atomic_load(&report_ns);
	if (sum == before ||
		(!is_last && last_ns && now_ns - last_ns < LT_REPORT_INTERVAL_MS * NS_PER_MS))
		return;
	if (!atomic_compare_exchange_strong(&reported, &before, sum))
		return;
	atomic_store(&report_ns, now_ns);
	lt_report(LT_LEVEL_WARN,
		"%" PRIu64 " spans dropped since the last report (since start: %" PRIu64
		" with as many queued as may be, %" PRIu64 " that could not be exported, %" PRIu64
		" that the collector rejected, %" PRIu64 " that ended after shutdown, %" PRIu64
		" that the relay could not read)",
		sum - before, n_full, n_failed, n_rejected, n_late, n_malformed);
}

__attribute__((noinline)) static void look(uint64_t time_ns)
{
	atomic_store_explicit(&relay.look_ns, time_ns + LOOK_MS * NS_PER_MS, memory_order_relaxed);
	const char *wrong = what_is_wrong();
	if (wrong)
		change_to_thread(wrong);
	print_message();
	report_drops(false);
}

/* --- spans -------------------------------------------------------------------------------- */

static void on_start(struct lt_processor *self, struct lt_span *handle,
	const struct lt_span_context_view *parent)
{
	struct lt_span *span = lt_span_block(handle);
	if (!span->is_in_slab || way() != WAY_RELAY ||
		!(span->data.context.flags & LT_FLAG_SAMPLED))
		return;
	if (!atomic_load_explicit(&lt_slab->resource, memory_order_relaxed))
		publish_resource(span->data.resource);
	span->data.scope = shared_scope(span->data.scope);
	atomic_store_explicit(&span->stage, LT_SLAB_OPEN, memory_order_release);
}

static void drop(struct lt_span *span, _Atomic uint64_t *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	atomic_store_explicit(&span->stage, LT_SLAB_FREE, memory_order_relaxed);
	lt_span_recycle(span);
}

static ALWAYS bool has_room(uint64_t n_queued)
{
	uint64_t heap_bytes = atomic_load_explicit(&lt_shared_n_used, memory_order_relaxed) *
			      LT_SHARED_PAGE_BYTES;
	return heap_bytes < HEAP_QUEUED_MAX_BYTES &&
	       n_queued * LT_SPAN_BLOCK_BYTES + heap_bytes < relay.max_queue_bytes;
}

static bool is_full(void)
{
	uint64_t n = lt_slab_n_queued();
	if (n >= relay.max_queue_size)
		return true;
	if (__builtin_expect(has_room(n), 1))
		return false;
	lt_slab_reclaim();
	return !has_room(n);
}

static void end_by_relay(struct lt_span *span)
{
	uint64_t end_ns = span->data.end_ns;
	if (!span->is_in_slab || is_full())
		drop(span, &lt_slab->n_full);
	else
		lt_slab_queue(span);
	uint64_t look_ns = atomic_load_explicit(&relay.look_ns, memory_order_relaxed);
	if (__builtin_expect(end_ns - look_ns < INT64_MAX, 0))
		look(end_ns);
}

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	if (__builtin_expect(lt_slab_is_inherited(), 0))
		lt_slab_on_clone();
	if (span->is_in_slab && !lt_shared_contains(span)) {
		lt_span_recycle(span); /* in a fork's child: the parent, or its relay, ends it */
		return;
	}
	if (!(span->data.context.flags & LT_FLAG_SAMPLED)) { /* recorded only */
		lt_span_recycle(span);
		return;
	}
	if (atomic_load_explicit(&relay.is_shut_down, memory_order_relaxed)) {
		drop(span, &relay.n_late);
		return;
	}
	if (way() == WAY_RELAY) {
		end_by_relay(span);
		return;
	}
	atomic_store_explicit(&span->stage, LT_SLAB_FREE, memory_order_relaxed);
	relay.thread->impl->on_end(relay.thread, span);
	if (lt_slab)
		lt_slab_take_back(
			give_to_thread, NULL); /* also from those who were late to see it */
}

/* --- flush -------------------------------------------------------------------------------- */

static unsigned ms_until(uint64_t deadline_ns)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	return now_ns < deadline_ns ? (unsigned)((deadline_ns - now_ns) / NS_PER_MS) : 0;
}

static uint64_t n_lost(void)
{
	return atomic_load(&lt_slab_control->n_failed) + atomic_load(&lt_slab_control->n_rejected);
}

/* There and back: until the relay has done what was queued.  -EPIPE when it is no more. */
static int wait_for_relay(uint64_t deadline_ns)
{
	uint64_t lost_before = n_lost();
	uint64_t ticket = atomic_fetch_add(&lt_slab->flush_wanted, 1) + 1;
	while (atomic_load(&lt_slab_control->flush_done) < ticket) {
		if (way() != WAY_RELAY || what_is_wrong())
			return -EPIPE;
		if (lt_clock_monotonic_ns() >= deadline_ns)
			return -ETIMEDOUT;
		nanosleep(&(struct timespec){.tv_nsec = WAIT_NAP_NS}, NULL);
	}
	return n_lost() == lost_before ? 0 : -EIO;
}

/* Whether it has found the slab sound: one at a path may know another token. */
static bool has_answered(uint64_t deadline_ns)
{
	uint64_t until_ns = lt_clock_monotonic_ns() + ANSWER_MS * NS_PER_MS;
	if (until_ns > deadline_ns)
		until_ns = deadline_ns;
	while (!atomic_load(&lt_slab_control->is_read)) {
		if (lt_clock_monotonic_ns() >= until_ns || what_is_wrong())
			return false;
		nanosleep(&(struct timespec){.tv_nsec = WAIT_NAP_NS}, NULL);
	}
	return true;
}

static int flush_thread(uint64_t deadline_ns)
{
	if (lt_slab)
		lt_slab_take_back(give_to_thread, NULL);
	return relay.thread->impl->flush(relay.thread, ms_until(deadline_ns));
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	uint64_t deadline_ns = lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	int err = -EPIPE;
	if (lt_slab_is_inherited())
		lt_slab_on_clone();
	if (way() == WAY_NONE)
		return 0;
	if (way() == WAY_RELAY) {
		err = wait_for_relay(deadline_ns);
		look(0);
		if (err != -EPIPE)
			return err;
		change_to_thread("has died");
	}
	return flush_thread(deadline_ns);
}

static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	uint64_t deadline_ns = lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	if (lt_slab_is_inherited())
		lt_slab_on_clone();
	atomic_store(&relay.is_shut_down, true);
	if (lt_slab)
		atomic_store(&lt_slab->is_shut_down, 1);
	int err = 0;
	if (way() == WAY_RELAY) {
		const char *wrong = what_is_wrong();
		if (wrong)
			change_to_thread(wrong);
		else if (relay.address.is_path && !has_answered(deadline_ns))
			change_to_thread("does not take them (has it another token?)");
		else if (relay.waits_at_exit)
			err = wait_for_relay(deadline_ns);
		if (err == -EPIPE)
			change_to_thread("has died");
	}
	if (way() == WAY_RELAY) {
		print_message();
		report_drops(true);
		if (err == -ETIMEDOUT)
			lt_report(LT_LEVEL_WARN, "%" PRIu64 " spans are left to the relay",
				lt_slab_n_queued());
		/* Stuck it never is: its spans are the relay's. */
		relay.thread->impl->shutdown(relay.thread, 0);
		return err == -ETIMEDOUT ? -EIO : err;
	}
	if (lt_slab)
		lt_slab_take_back(give_to_thread, NULL);
	return relay.thread->impl->shutdown(relay.thread, ms_until(deadline_ns));
}

/* --- life --------------------------------------------------------------------------------- */

static void before_fork(void)
{
	pthread_mutex_lock(&relay.lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&relay.lock);
}

static void leave_parent(void)
{
	lt_slab_leave();
	relay.heap = NULL;
	memset(relay.scopes, 0, sizeof(relay.scopes));
	atomic_store(&relay.n_late, 0);
	atomic_store(&relay.n_messages, 0);
	atomic_store(&relay.look_ns, 0);
	atomic_store(&relay.way, WAY_NONE);
	atomic_store(&lt_slab_on_need, on_need);
}

static void after_fork_child(void)
{
	pthread_mutex_unlock(&relay.lock);
	if (atomic_load(&is_taken))
		leave_parent();
}

/* The parent's other threads may have had any lock. */
static void after_clone(void)
{
	pthread_mutex_init(&relay.lock, NULL);
	leave_parent();
}

static void watch_forks(void)
{
	lt_span_pool_init();
	lt_slab_on_clone = after_clone;
	pthread_atfork(before_fork, after_fork, after_fork_child);
}

static void free_relay(struct lt_processor *self)
{
	lt_processor_free(relay.thread);
	relay.thread = NULL;
	/* The slab stays: spans of other providers may lie in it. */
}

static uint32_t n_blocks_for(uint64_t queue_size)
{
	uint32_t n = LT_SLAB_BLOCKS_MIN;
	while (n < 2 * queue_size) /* as many may be open */
		n *= 2;
	return n;
}

static bool waits_at_exit(const struct lt_relay_address *address)
{
	if (address->waits[0])
		return strcmp(address->waits, LT_RELAY_WAITS_ALWAYS) == 0;
	return lt_config_text("OTEL_C_EXIT_TIMEOUT").ptr != NULL;
}

int lt_processor_relay_new(struct lt_processor *thread, struct lt_processor **ret_processor)
{
	static const struct lt_processor_impl impl = {.on_start = on_start,
		.on_end = on_end,
		.flush = flush,
		.shutdown = shut_down,
		.free = free_relay};
	static const char *const words[] = {"yes", "no"};
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (!lt_relay_has_path(NULL) && lt_config_word("OTEL_C_RELAY", words, 2, 0) != 0)
		return -ENOENT;
	if (!lt_relay_address_read(&relay.address))
		return -ENOENT;
	if (atomic_exchange(&is_taken, true))
		return -EBUSY;
	relay.super.impl = &impl;
	relay.max_queue_size = lt_batch_limits(thread)->max_queue_size;
	if (relay.max_queue_size > QUEUE_SIZE_MAX)
		relay.max_queue_size = QUEUE_SIZE_MAX;
	relay.max_queue_bytes = lt_batch_limits(thread)->max_queue_bytes;
	relay.waits_at_exit = waits_at_exit(&relay.address);
	relay.n_blocks = n_blocks_for(relay.max_queue_size);
	open_slab();
	if (way() != WAY_RELAY) {
		atomic_store(&is_taken, false);
		return -ECONNREFUSED;
	}
	uint64_t size = lt_batch_limits(thread)->max_queue_size;
	if (size > QUEUE_SIZE_MAX)
		lt_report(LT_LEVEL_WARN,
			"OTEL_BSP_MAX_QUEUE_SIZE is %" PRIu64 ", the relay's queue takes %u spans",
			size, (unsigned)QUEUE_SIZE_MAX);
	relay.thread = thread;
	pthread_once(&once, watch_forks);
	*ret_processor = &relay.super;
	return 0;
}
