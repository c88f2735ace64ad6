/* SPDX-License-Identifier: Apache-2.0 */
/* span.c - a span from start to end.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/api/#span
 */
#include "trace/span.h"

#include "propagation/tracestate.h"
#include "trace/provider.h"
#include "trace/values.h"
#include "util/clock.h"
#include "util/ids.h"

_Static_assert(LT_SPAN_BLOCK_BYTES > sizeof(struct lt_span) + 512, "room for the strings");

static void unlock(struct lt_span *span)
{
	lt_span_lock_give(&span->lock);
}

/* NULL once it has been freed. */
static struct lt_provider *provider_of(const struct lt_span *span)
{
	return atomic_load_explicit(&span->tracer->provider, memory_order_relaxed);
}

/* True, with the lock held, if the span is recording. */
static inline bool lock_if_open(struct lt_span *span)
{
	if (lt_span_lock_take(&span->lock))
		atomic_fetch_add_explicit(&span->tracer->n_shared, 1, memory_order_relaxed);
	if (!atomic_load_explicit(&span->ended, memory_order_relaxed) && provider_of(span))
		return true;
	unlock(span);
	return false;
}

/* The block, with its lock held, if the span is recording; else NULL. */
static struct lt_span *begin_change(struct lt_span *handle)
{
	if (!lt_span_may_record(handle))
		return NULL;
	struct lt_span *span = lt_span_block(handle);
	return lock_if_open(span) ? span : NULL;
}

/* For a span that is recording: its provider exists. */
static const struct lt_span_limits *limits_of(const struct lt_span *span)
{
	return &provider_of(span)->limits;
}

static void copy_text(struct lt_span *span, struct lt_slice text, struct lt_slice *ret_copy)
{
	if (!lt_arena_copy(&span->arena, text, ret_copy))
		*ret_copy = (struct lt_slice){"", 0};
}

static inline void set_attrs(struct lt_span *span, const struct lt_attr *attrs, size_t n)
{
	if (n == 0 || !attrs)
		return;
	lt_attributes_add(&span->data.attrs, &span->attrs_room, &span->arena,
		&provider_of(span)->attr_limits, attrs, n);
}

/* The set of an event or a link. */
static struct lt_attributes copy_attrs(
	struct lt_span *span, uint32_t max_count, const struct lt_attr *attrs, size_t n)
{
	struct lt_attributes set = {0};
	struct lt_attributes_room room = {0};
	if (n == 0 || !attrs)
		return set;
	struct lt_attribute_limits limits = provider_of(span)->attr_limits;
	limits.count = max_count;
	lt_attributes_add(&set, &room, &span->arena, &limits, attrs, n);
	return set;
}

/* A caller's context, whose tracestate is not trusted. */
struct checked_context {
	struct lt_span_context_view view;
	char tracestate[LT_TRACESTATE_MAX + 1];
};

__attribute__((noinline)) static void check_tracestate(
	struct checked_context *checked, const struct lt_span_context *context)
{
	size_t len = lt_tracestate_clean(lt_tracestate_of(context), checked->tracestate);
	checked->view.tracestate = (struct lt_slice){checked->tracestate, len};
}

static inline const struct lt_span_context_view *check_context(
	struct checked_context *checked, const struct lt_span_context *context)
{
	struct lt_span_context_view *view = &checked->view;
	memcpy(view->trace_id, context->trace_id, sizeof(view->trace_id));
	memcpy(view->span_id, context->span_id, sizeof(view->span_id));
	view->flags = context->flags;
	view->remote = context->remote;
	view->tracestate = (struct lt_slice){"", 0};
	if (__builtin_expect(context->tracestate[0] != '\0', 0))
		check_tracestate(checked, context);
	return view;
}

/* Now, or a given time, by the clock's offset at the span's start: a step since then is ignored. */
static uint64_t time_of(const struct lt_span *span, uint64_t time_ns)
{
	uint64_t now = lt_clock_read_ns();
	if (time_ns)
		return lt_clock_told_ns(now, span->clock_offset_ns, time_ns);
	return now + (uint64_t)span->clock_offset_ns;
}

static void add_event(struct lt_span *span, uint64_t time_ns, struct lt_slice name,
	const struct lt_attr *attrs, size_t n)
{
	struct lt_span_data *data = &span->data;
	struct lt_event *events = NULL;
	if (data->n_events < limits_of(span)->event_count)
		events = lt_arena_grow(&span->arena, (void *)data->events, data->n_events,
			&span->event_capacity, sizeof(*events));
	if (!events) {
		data->n_dropped_events++;
		return;
	}
	data->events = events;
	struct lt_event *event = &events[data->n_events++];
	event->time_ns = time_of(span, time_ns);
	copy_text(span, name, &event->name);
	event->attrs = copy_attrs(span, limits_of(span)->event_attr_count, attrs, n);
}

static void add_link(struct lt_span *span, const struct lt_span_context *context,
	const struct lt_attr *attrs, size_t n)
{
	struct checked_context checked;
	struct lt_span_data *data = &span->data;
	struct lt_span_link *links = NULL;
	if (data->n_links < limits_of(span)->link_count)
		links = lt_arena_grow(&span->arena, (void *)data->links, data->n_links,
			&span->link_capacity, sizeof(*links));
	if (!links) {
		data->n_dropped_links++;
		return;
	}
	data->links = links;
	struct lt_span_link *link = &links[data->n_links++];
	link->context = *check_context(&checked, context);
	copy_text(span, link->context.tracestate, &link->context.tracestate);
	link->attrs = copy_attrs(span, limits_of(span)->link_attr_count, attrs, n);
}

/* --- start -------------------------------------------------------------------------------- */

static const struct lt_span_context_view *parent_of(
	const struct lt_span_options *options, struct checked_context *room)
{
	if (options->root)
		return NULL;
	if (options->parent) {
		if (!lt_ids_are_valid(options->parent->trace_id, options->parent->span_id))
			return NULL;
		return check_context(room, options->parent);
	}
	const struct lt_span *current = lt_span_current();
	return current ? &lt_span_block(current)->data.context : NULL;
}

/* An invalid kind counts as unset. */
static enum lt_kind kind_of(const struct lt_span_options *options)
{
	return (unsigned)options->kind <= LT_KIND_CONSUMER ? options->kind : LT_KIND_INTERNAL;
}

/* The program's pointer to the block: the next head in turn. */
static inline struct lt_span *hand_out_head(struct lt_span *span, uint8_t state)
{
	span->turn = span->turn == LT_SPAN_HEADS - 1 ? 1 : (uint8_t)(span->turn + 1);
	struct lt_span_head *head = &span->heads[span->turn];
	head->state = state;
	return (struct lt_span *)head;
}

/* With the values that are current.  This and its like are functions of their own, called last, so
 * that spans without values do not pay for the registers. */
__attribute__((noinline)) static struct lt_span *hand_out_valued(
	struct lt_span *span, uint8_t state)
{
	span->values = lt_values_hold(lt_scope_values());
	return hand_out_head(span, span->values ? state | LT_SPAN_VALUED : state);
}

static inline struct lt_span *hand_out(struct lt_span *span, uint8_t state)
{
	if (__builtin_expect(lt_thread.n_valued != 0, 0))
		return hand_out_valued(span, state);
	return hand_out_head(span, state);
}

static void init_context(
	struct lt_span_context_view *context, const struct lt_span_context_view *parent)
{
	if (parent) {
		lt_ids_generate(NULL, context->span_id);
		lt_ids_copy_trace(context->trace_id, parent->trace_id);
		context->flags = parent->flags & (LT_FLAG_RANDOM | LT_FLAG_DEBUG);
	} else {
		lt_ids_generate(context->trace_id, context->span_id);
		context->flags = LT_FLAG_RANDOM;
	}
	context->remote = false;
}

/* Ids of a custom generator replace the random ones. */
__attribute__((noinline)) static void generate_ids(struct lt_id_generator *generator,
	struct lt_span_context_view *context, const struct lt_span_context_view *parent)
{
	static const uint8_t none[16];
	const struct lt_id_generator_impl *impl = generator->impl;
	struct lt_span_context_view made = *context;
	if (!parent && impl->trace_id) {
		impl->trace_id(generator, made.trace_id);
		if (memcmp(made.trace_id, none, sizeof(made.trace_id)) != 0) {
			memcpy(context->trace_id, made.trace_id, sizeof(made.trace_id));
			context->flags = impl->is_random ? LT_FLAG_RANDOM : 0;
		}
	}
	if (impl->span_id) {
		impl->span_id(generator, made.span_id);
		if (memcmp(made.span_id, none, sizeof(made.span_id)) != 0)
			memcpy(context->span_id, made.span_id, sizeof(made.span_id));
	}
}

/* Initialises what an unrecorded span needs. */
static inline void init_bare(
	struct lt_span *span, struct lt_tracer *tracer, const struct lt_span_context_view *parent)
{
	init_context(&span->data.context, parent);
	span->data.context.tracestate = (struct lt_slice){"", 0};
	span->tracer = tracer;
	atomic_init(&span->n_holders, 1);
	atomic_init(&span->ended, false);
	lt_arena_init(
		&span->arena, span->bytes, LT_SPAN_BLOCK_BYTES - offsetof(struct lt_span, bytes));
}

static void init_recording(struct lt_span *span, struct lt_slice name,
	const struct lt_span_options *options, const struct lt_span_context_view *parent)
{
	struct lt_span_data *data = &span->data;
	memset(data->parent_span_id, 0, sizeof(data->parent_span_id));
	data->parent_remote = false;
	if (parent) {
		memcpy(data->parent_span_id, parent->span_id, sizeof(data->parent_span_id));
		data->parent_remote = parent->remote;
	}
	data->kind = kind_of(options);
	data->status = LT_STATUS_UNSET;
	data->status_text = (struct lt_slice){"", 0};
	data->n_events = data->n_links = 0;
	data->n_dropped_events = data->n_dropped_links = 0;
	data->end_ns = 0;
	data->scope = &span->tracer->scope;
	data->resource = provider_of(span)->resource;
	data->attrs = (struct lt_attributes){.items = NULL};
	span->attrs_room = (struct lt_attributes_room){0};
	data->events = NULL;
	data->links = NULL;
	span->event_capacity = span->link_capacity = 0;
	/* Where spans usually change threads, an owner would only cost time. */
	lt_span_lock_init(&span->lock, atomic_load_explicit(&span->tracer->n_shared,
					       memory_order_relaxed) < LT_SHARED_SPANS_MAX);
	copy_text(span, name, &data->name);
	set_attrs(span, options->attrs, options->n_attrs);
	for (size_t i = 0; options->links && i < options->n_links; i++)
		add_link(span, &options->links[i].context, options->links[i].attrs,
			options->links[i].n_attrs);
	uint64_t now = lt_clock_read_ns(), given = options->start_ns;
	span->clock_offset_ns = given ? lt_clock_offset_of_ns(now, given) : lt_clock_offset_ns();
	data->start_ns = given ? given : now + (uint64_t)span->clock_offset_ns;
}

static enum lt_decision ask_sampler(struct lt_sampler *sampler, const struct lt_span *span,
	struct lt_slice name, const struct lt_span_options *options,
	const struct lt_span_context_view *parent, struct lt_sampling_result *ret_extra)
{
	return sampler->impl->sample(sampler,
		&(struct lt_sampling_parameters){
			.parent = parent,
			.trace_id = span->data.context.trace_id,
			.name = name,
			.kind = kind_of(options),
			.attrs = options->attrs,
			.n_attrs = options->attrs ? options->n_attrs : 0,
			.links = options->links,
			.n_links = options->links ? options->n_links : 0,
		},
		ret_extra);
}

/* One of a sampler's. */
__attribute__((noinline)) static void copy_tracestate(
	struct lt_span *span, struct lt_slice text, struct lt_slice *ret_copy)
{
	char list[LT_TRACESTATE_MAX + 1];
	copy_text(span, (struct lt_slice){list, lt_tracestate_clean(text, list)}, ret_copy);
}

/* The sampler's decision, whose tracestate and flag are set in the context. */
static enum lt_decision sample(const struct lt_provider *provider, struct lt_span *span,
	struct lt_slice name, const struct lt_span_options *options,
	const struct lt_span_context_view *parent, struct lt_sampling_result *ret_extra)
{
	struct lt_span_context_view *context = &span->data.context;
	int decision = provider->answers[lt_parent_of(parent)];
	if (parent && parent->tracestate.len && parent->remote)
		decision = LT_ASK;
	if (decision == LT_ASK)
		decision =
			(int)ask_sampler(provider->sampler, span, name, options, parent, ret_extra);
	if (decision != LT_RECORD_AND_SAMPLE && decision != LT_RECORD_ONLY)
		decision = LT_DROP; /* also for an invalid decision */
	if (decision == LT_RECORD_AND_SAMPLE)
		context->flags |= LT_FLAG_SAMPLED;
	if (ret_extra->tracestate.ptr)
		copy_tracestate(span, ret_extra->tracestate, &context->tracestate);
	else if (parent && parent->tracestate.len)
		copy_text(span, parent->tracestate, &context->tracestate);
	return (enum lt_decision)decision;
}

/* The span of a disabled SDK: its parent's context, propagated unchanged; also lt_span_wrap()'s.
 * Source:
 *
 * https://opentelemetry.io/docs/specs/otel/trace/api/#behavior-of-the-api-in-the-absence-of-an-installed-sdk */
__attribute__((noinline)) static struct lt_span *start_disabled(
	struct lt_tracer *tracer, const struct lt_span_context_view *parent)
{
	struct lt_span *span = parent ? lt_span_pool_get() : NULL;
	if (!span)
		return NULL;
	init_bare(span, tracer, parent);
	span->data.context = *parent;
	copy_text(span, parent->tracestate, &span->data.context.tracestate);
	return hand_out(span, LT_SPAN_LIVES);
}

struct lt_span *lt_span_wrap(const struct lt_span_context *context)
{
	struct checked_context room;
	if (!context || !lt_ids_are_valid(context->trace_id, context->span_id))
		return NULL;
	return start_disabled(NULL, check_context(&room, context));
}

/* None where instrumentation is suppressed, or in a context of the caller's: whoever looks at the
 * new span finds it current. */
__attribute__((noinline)) static struct lt_span *start_in_context(
	struct lt_tracer *tracer, struct lt_slice name, const struct lt_span_options *options)
{
	if (lt_thread.suppressed)
		return NULL;
	struct lt_span_options inner = *options;
	struct lt_scope scope;
	inner.context = NULL;
	lt_scope_enter_context(&scope, options->context);
	struct lt_span *span = lt_span_start_named(tracer, name, &inner);
	lt_scope_leave(&scope);
	return span;
}

struct lt_span *lt_span_start_named(
	struct lt_tracer *tracer, struct lt_slice name, const struct lt_span_options *options)
{
	static const struct lt_span_options defaults;
	const struct lt_provider *provider =
		atomic_load_explicit(&tracer->provider, memory_order_acquire);
	if (!provider)
		return NULL;
	if (!options)
		options = &defaults;
	if (__builtin_expect((lt_thread.suppressed | (uintptr_t)options->context) != 0, 0))
		return start_in_context(tracer, name, options);
	struct checked_context room;
	const struct lt_span_context_view *parent = parent_of(options, &room);
	if (provider->is_disabled)
		return start_disabled(tracer, parent);
	if (atomic_load_explicit(&provider->is_shut_down, memory_order_relaxed))
		return NULL;
	struct lt_span *span = lt_span_pool_get();
	if (!span)
		return NULL;

	struct lt_sampling_result extra; /* its rooms stay as they are */
	extra.attrs = NULL;
	extra.n_attrs = 0;
	extra.tracestate = (struct lt_slice){NULL, 0};
	init_bare(span, tracer, parent);
	if (__builtin_expect(provider->id_generator != NULL, 0))
		generate_ids(provider->id_generator, &span->data.context, parent);
	if (sample(provider, span, name, options, parent, &extra) == LT_DROP)
		return hand_out(span, LT_SPAN_LIVES);

	lt_span_pool_prefetch();
	init_recording(span, name, options, parent);
	set_attrs(span, extra.attrs, extra.n_attrs);
	struct lt_span *handle = hand_out(span, LT_SPAN_LIVES | LT_SPAN_RECORDS);
	struct lt_processor *processor = provider->processor;
	if (processor->impl->on_start)
		processor->impl->on_start(processor, handle, parent);
	return handle;
}

/* --- while it runs ------------------------------------------------------------------------ */

bool lt_span_is_recording(const struct lt_span *span)
{
	return lt_span_may_record(span) &&
	       !atomic_load_explicit(&lt_span_block(span)->ended, memory_order_relaxed);
}

/* gcc builds a result in place, instead of copying half a kilobyte, only if its address is not
 * taken: so the rare case has a function of its own. */
__attribute__((noinline)) static struct lt_span_context context_without_tracestate(
	const struct lt_span_context_view *view)
{
	struct lt_span_context context;
	memcpy(context.trace_id, view->trace_id, sizeof(context.trace_id));
	memcpy(context.span_id, view->span_id, sizeof(context.span_id));
	context.flags = view->flags;
	context.remote = view->remote;
	context.tracestate[0] = '\0';
	return context;
}

__attribute__((noinline)) static struct lt_span_context context_with_tracestate(
	const struct lt_span_context_view *view)
{
	struct lt_span_context context = context_without_tracestate(view);
	memcpy(context.tracestate, view->tracestate.ptr, view->tracestate.len);
	context.tracestate[view->tracestate.len] = '\0';
	return context;
}

struct lt_span_context lt_span_get_context(const struct lt_span *handle)
{
	static const struct lt_span_context_view none;
	const struct lt_span *span = lt_span_alive(handle);
	const struct lt_span_context_view *view = span ? &span->data.context : &none;
	if (__builtin_expect(view->tracestate.len == 0, 1))
		return context_without_tracestate(view);
	return context_with_tracestate(view);
}

const struct lt_span_data *lt_span_read(const struct lt_span *span)
{
	return lt_span_may_record(span) ? &lt_span_block(span)->data : NULL;
}

void lt_span_record_attributes(struct lt_span *handle, const struct lt_attr *attrs, size_t n)
{
	struct lt_span *span = begin_change(handle);
	if (!span)
		return;
	set_attrs(span, attrs, n);
	unlock(span);
}

void lt_span_set_name(struct lt_span *handle, const char *name)
{
	struct lt_span *span = begin_change(handle);
	if (!span)
		return;
	copy_text(span, lt_slice(name), &span->data.name);
	unlock(span);
}

void lt_span_record_event(struct lt_span *handle, uint64_t time_ns, struct lt_slice name,
	const struct lt_attr *attrs, size_t n)
{
	struct lt_span *span = begin_change(handle);
	if (!span)
		return;
	add_event(span, time_ns, name, attrs, n);
	unlock(span);
}

void lt_span_link(struct lt_span *handle, const struct lt_span_context *context,
	const struct lt_attr *attrs, size_t n)
{
	struct lt_span *span = context ? begin_change(handle) : NULL;
	if (!span)
		return;
	add_link(span, context, attrs, n);
	unlock(span);
}

void lt_span_status(struct lt_span *handle, enum lt_status status, const char *text)
{
	if (status != LT_STATUS_OK && status != LT_STATUS_ERROR)
		return;
	struct lt_span *span = begin_change(handle);
	if (!span)
		return;
	if (span->data.status != LT_STATUS_OK) {
		span->data.status = (uint8_t)status;
		copy_text(span, lt_slice(status == LT_STATUS_ERROR ? text : NULL),
			&span->data.status_text);
	}
	unlock(span);
}

/* --- end ---------------------------------------------------------------------------------- */

static bool drop_hold(struct lt_span *span)
{
	return atomic_fetch_sub_explicit(&span->n_holders, 1, memory_order_acq_rel) == 1;
}

static void recycle(struct lt_span *span)
{
	lt_arena_done(&span->arena);
	lt_span_pool_put(span);
}

void lt_span_recycle(struct lt_span *span)
{
	if (!span)
		return;
	span = lt_span_block(span);
	/* Several processors may have it: the last one frees it. */
	if (atomic_load_explicit(&span->n_holders, memory_order_acquire) <= 1 || drop_hold(span))
		recycle(span);
}

/* True for the last holder. */
static inline bool let_go(struct lt_span *handle, struct lt_span *span)
{
	/* The caller is the only holder, so no other thread can become one. */
	if (atomic_load_explicit(&span->n_holders, memory_order_acquire) != 1 && !drop_hold(span))
		return false;
	((struct lt_span_head *)handle)->state = 0;
	return true;
}

__attribute__((noinline)) static void process(struct lt_span *span)
{
	const struct lt_provider *provider = provider_of(span);
	if (provider && provider->processor->impl->on_end)
		provider->processor->impl->on_end(provider->processor, span);
	else
		recycle(span);
}

/* After the last holder has let go of it. */
static inline void finish(struct lt_span *span, uint8_t state)
{
	if (state & LT_SPAN_VALUED)
		lt_values_release(span->values);
	if (state & LT_SPAN_RECORDS)
		process(span);
	else
		recycle(span);
}

/* Not inlined, so that a span that is not recording saves no registers for it. */
__attribute__((noinline)) static void end_recording(
	struct lt_span *handle, struct lt_span *span, uint64_t end_ns)
{
	uint8_t state = ((struct lt_span_head *)handle)->state;
	if (!lock_if_open(span))
		return;
	span->data.end_ns = time_of(span, end_ns);
	atomic_store_explicit(&span->ended, true, memory_order_relaxed);
	if (!span->arena.chunks)
		lt_thread.span_bytes = (uint32_t)(span->arena.next - (char *)span);
	unlock(span);
	if (let_go(handle, span))
		finish(span, state);
}

static inline void end_bare(struct lt_span *handle, struct lt_span *span, uint8_t state)
{
	if (atomic_load_explicit(&span->ended, memory_order_relaxed))
		return;
	atomic_store_explicit(&span->ended, true, memory_order_relaxed);
	if (let_go(handle, span))
		finish(span, state);
}

__attribute__((noinline)) static void end_valued(struct lt_span *handle, struct lt_span *span)
{
	end_bare(handle, span, LT_SPAN_LIVES | LT_SPAN_VALUED);
}

void lt_span_end_at(struct lt_span *handle, uint64_t end_ns)
{
	struct lt_span *span = lt_span_alive(handle);
	if (!span)
		return;
	if (lt_span_may_record(handle))
		end_recording(handle, span, end_ns);
	else if (__builtin_expect(lt_span_has_values(handle), 0))
		end_valued(handle, span);
	else
		end_bare(handle, span, LT_SPAN_LIVES);
}

struct lt_span *lt_span_hold(struct lt_span *handle)
{
	return lt_span_keep(handle);
}

void lt_span_release(struct lt_span *handle)
{
	struct lt_span *span = lt_span_alive(handle);
	if (!span)
		return;
	uint8_t state = ((struct lt_span_head *)handle)->state;
	if (let_go(handle, span))
		finish(span, state);
}
