/* SPDX-License-Identifier: Apache-2.0 */
/* tracer.c - one tracer per instrumentation scope, identified by name, version, schema and
 * attributes.
 *
 * Programs keep tracers, so a tracer lives as long as the process and refers to its provider while
 * that lives.  One that was requested from the global provider moves on to the next global one.
 */
#include "trace/provider.h"
#include "util/slice.h"

#include <libtrace/instrumentation.h>
#include <stdlib.h>

#define TRACERS_MAX 1024 /* of a provider: guards against a new scope per request */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all lists of tracers, and of: */
static _Atomic(struct lt_provider *) global;		 /* read without it */

static struct lt_tracers waiting; /* for a global provider */
static struct lt_tracers retired; /* of providers that have been freed */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lock_all(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_all(void)
{
	pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
	pthread_atfork(lock_all, unlock_all, unlock_all);
}

/* --- scopes ------------------------------------------------------------------------------- */

static bool has_attr(const struct lt_attr *attrs, size_t n, const struct lt_attr *attr);

/* Both with unique keys, in any order. */
static bool map_equal(const struct lt_attr *a, const struct lt_attr *b)
{
	bool is_equal = a->n_items == b->n_items;
	for (uint32_t i = 0; is_equal && i < a->n_items; i++)
		is_equal = has_attr(a->value.attrs, a->n_items, &b->value.attrs[i]);
	return is_equal;
}

static bool value_equal(const struct lt_attr *a, const struct lt_attr *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case LT_TYPE_NONE:
		return true;
	case LT_TYPE_STRING:
	case LT_TYPE_BYTES:
		return lt_slice_equal(a->value.string, b->value.string);
	case LT_TYPE_MAP:
		return map_equal(a, b);
	case LT_TYPE_BOOL:
		return a->value.boolean == b->value.boolean;
	case LT_TYPE_INT:
		return a->value.integer == b->value.integer;
	case LT_TYPE_DOUBLE: /* NaN is equal to itself here */
		return memcmp(&a->value.number, &b->value.number, sizeof(a->value.number)) == 0;
	default:
		break;
	}
	bool is_equal = a->n_items == b->n_items;
	for (uint32_t i = 0; is_equal && i < a->n_items; i++) {
		struct lt_attr item_a = lt_attr_item(a, i), item_b = lt_attr_item(b, i);
		is_equal = value_equal(&item_a, &item_b);
	}
	return is_equal;
}

static bool has_attr(const struct lt_attr *attrs, size_t n, const struct lt_attr *attr)
{
	for (size_t i = 0; i < n; i++) {
		if (lt_slice_equal(attrs[i].key, attr->key))
			return value_equal(&attrs[i], attr);
	}
	return false;
}

/* Both in a tracer's form: no attribute without a value, unique keys. */
static bool scope_equal(
	const struct lt_instrumentation_scope *a, const struct lt_instrumentation_scope *b)
{
	if (!lt_slice_equal(a->name, b->name) || !lt_slice_equal(a->version, b->version) ||
		!lt_slice_equal(a->schema_url, b->schema_url) || a->n_attrs != b->n_attrs)
		return false;
	for (size_t i = 0; i < a->n_attrs; i++) {
		if (!has_attr(a->attrs, a->n_attrs, &b->attrs[i]))
			return false;
	}
	return true;
}

/* --- tracers ------------------------------------------------------------------------------ */

static void tracer_free(struct lt_tracer *tracer)
{
	lt_arena_done(&tracer->arena);
	free(tracer);
}

static struct lt_tracer *tracer_new(const struct lt_instrumentation_scope *scope)
{
	static const struct lt_attribute_limits limits = {.count = 128, .value_length = UINT32_MAX};
	struct lt_attributes_room room = {0};
	struct lt_tracer *tracer = calloc(1, sizeof(*tracer));
	if (!tracer)
		return NULL;
	lt_arena_init(&tracer->arena, tracer->bytes, sizeof(tracer->bytes));
	if (!lt_arena_copy(&tracer->arena, scope->name, &tracer->scope.name) ||
		!lt_arena_copy(&tracer->arena, scope->version, &tracer->scope.version) ||
		!lt_arena_copy(&tracer->arena, scope->schema_url, &tracer->scope.schema_url)) {
		tracer_free(tracer);
		return NULL;
	}
	lt_attributes_add(
		&tracer->attrs, &room, &tracer->arena, &limits, scope->attrs, scope->n_attrs);
	tracer->scope.attrs = tracer->attrs.items;
	tracer->scope.n_attrs = tracer->attrs.n;
	return tracer;
}

static void push(struct lt_tracers *tracers, struct lt_tracer *tracer)
{
	tracer->next = tracers->first;
	tracers->first = tracer;
	tracers->n++;
}

static struct lt_tracer *pop(struct lt_tracers *tracers)
{
	struct lt_tracer *tracer = tracers->first;
	if (tracer) {
		tracers->first = tracer->next;
		tracers->n--;
	}
	return tracer;
}

/* The link that leads to the scope's tracer, or to the end of the list. */
static struct lt_tracer **find(
	struct lt_tracers *tracers, const struct lt_instrumentation_scope *scope)
{
	struct lt_tracer **place = &tracers->first;
	while (*place && !scope_equal(&(*place)->scope, scope))
		place = &(*place)->next;
	return place;
}

static struct lt_tracer *take_retired(const struct lt_instrumentation_scope *scope)
{
	struct lt_tracer **place = find(&retired, scope), *tracer = *place;
	if (tracer) {
		*place = tracer->next;
		retired.n--;
	}
	return tracer;
}

/* The list's tracer of that scope: an existing one, else the candidate, which is taken.  Lock
 * held. */
static struct lt_tracer *find_or_add(
	struct lt_tracers *tracers, struct lt_provider *provider, struct lt_tracer *candidate)
{
	struct lt_tracer *tracer = *find(tracers, &candidate->scope);
	if (!tracer && provider) {
		if ((tracer = take_retired(&candidate->scope)))
			push(tracers, tracer);
	}
	if (tracer) {
		tracer_free(candidate);
	} else {
		tracer = candidate;
		push(tracers, tracer);
	}
	atomic_store_explicit(&tracer->provider, provider, memory_order_release);
	return tracer;
}

static bool is_over_limit(struct lt_tracers *tracers, const struct lt_instrumentation_scope *scope)
{
	return tracers->n >= TRACERS_MAX && !*find(tracers, scope);
}

static void report_over_limit(const struct lt_instrumentation_scope *scope)
{
	lt_report(LT_LEVEL_WARN,
		"%d instrumentation scopes are in use: spans of others, \"%.*s\" first, come "
		"without theirs",
		TRACERS_MAX, (int)scope->name.len, scope->name.ptr);
}

struct lt_tracer *lt_tracer_get_scope(
	struct lt_provider *provider, const struct lt_instrumentation_scope *scope)
{
	static const struct lt_instrumentation_scope unnamed;
	pthread_once(&once, watch_forks);
	struct lt_tracer *candidate = tracer_new(scope ? scope : &unnamed);
	if (!candidate)
		return NULL;
	pthread_mutex_lock(&lock);
	bool follows_global = !provider, is_first_over = false;
	if (follows_global)
		provider = atomic_load_explicit(&global, memory_order_relaxed);
	struct lt_tracers *tracers = provider ? &provider->tracers : &waiting;
	if (is_over_limit(tracers, &candidate->scope)) {
		is_first_over = tracers->n_over++ == 0;
		tracer_free(candidate);
		candidate = tracer_new(&unnamed);
	}
	struct lt_tracer *tracer = candidate ? find_or_add(tracers, provider, candidate) : NULL;
	if (tracer && follows_global)
		tracer->follows_global = true;
	pthread_mutex_unlock(&lock);
	if (is_first_over)
		report_over_limit(scope);
	return tracer;
}

struct lt_tracer *lt_tracer_get(struct lt_provider *provider, const char *name, const char *version)
{
	return lt_tracer_get_scope(provider, &(struct lt_instrumentation_scope){
						     .name = lt_slice(name),
						     .version = lt_slice(version),
					     });
}

/* --- providers ---------------------------------------------------------------------------- */

struct lt_provider *lt_provider_global(void)
{
	return atomic_load_explicit(&global, memory_order_acquire);
}

/* Lock held. */
static void attach_waiting(struct lt_provider *provider)
{
	for (struct lt_tracer *tracer; (tracer = pop(&waiting));) {
		atomic_store_explicit(&tracer->provider, provider, memory_order_release);
		push(&provider->tracers, tracer);
	}
}

void lt_provider_set_global(struct lt_provider *provider)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&lock);
	atomic_store_explicit(&global, provider, memory_order_release);
	if (provider)
		attach_waiting(provider);
	pthread_mutex_unlock(&lock);
}

void lt_tracers_retire(struct lt_provider *provider)
{
	pthread_mutex_lock(&lock);
	struct lt_provider *present = atomic_load_explicit(&global, memory_order_relaxed);
	if (present == provider) {
		present = NULL;
		atomic_store_explicit(&global, NULL, memory_order_release);
	}
	for (struct lt_tracer *tracer; (tracer = pop(&provider->tracers));) {
		atomic_store_explicit(&tracer->provider, NULL, memory_order_release);
		push(tracer->follows_global ? &waiting : &retired, tracer);
	}
	if (present)
		attach_waiting(present);
	unsigned n_over = provider->tracers.n_over;
	pthread_mutex_unlock(&lock);
	if (n_over > 1)
		lt_report(LT_LEVEL_WARN,
			"%u requests for a tracer were over the limit of %d instrumentation scopes",
			n_over, TRACERS_MAX);
}
