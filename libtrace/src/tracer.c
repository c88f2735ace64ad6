/* SPDX-License-Identifier: Apache-2.0 */
/* tracer.c - one tracer an instrumentation scope, found again by name, version, schema and
 * attributes. */
#include "provider.h"

#include <stdlib.h>

enum { TRACERS_MAX = 1024 }; /* a program that makes a scope a request must not grow for ever */

static bool slice_equal(struct lt_slice a, struct lt_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Scope attributes are compared by key and scalar value; arrays make scopes of their own. */
static bool attr_equal(const struct lt_attr *a, const struct lt_attr *b)
{
	if (a->type != b->type || !slice_equal(a->key, b->key))
		return false;
	switch (a->type) {
	case LT_TYPE_STRING:
		return slice_equal(a->value.string, b->value.string);
	case LT_TYPE_BOOL:
		return a->value.boolean == b->value.boolean;
	case LT_TYPE_INT:
		return a->value.integer == b->value.integer;
	case LT_TYPE_DOUBLE:
		return a->value.number == b->value.number;
	default:
		return false;
	}
}

static bool scope_equal(
	const struct lt_instrumentation_scope *a, const struct lt_instrumentation_scope *b)
{
	if (!slice_equal(a->name, b->name) || !slice_equal(a->version, b->version) ||
		!slice_equal(a->schema_url, b->schema_url) || a->n_attrs != b->n_attrs)
		return false;
	for (size_t i = 0; i < a->n_attrs; i++)
		if (!attr_equal(&a->attrs[i], &b->attrs[i]))
			return false;
	return true;
}

static struct lt_tracer *tracer_new(
	struct lt_provider *provider, const struct lt_instrumentation_scope *scope)
{
	static const struct lt_attribute_limits limits = {.count = 128, .value_length = UINT32_MAX};
	struct lt_tracer *tracer = calloc(1, sizeof *tracer);
	if (!tracer)
		return NULL;
	lt_arena_init(&tracer->arena, tracer->bytes, sizeof tracer->bytes);
	if (!lt_arena_copy(&tracer->arena, scope->name, &tracer->scope.name) ||
		!lt_arena_copy(&tracer->arena, scope->version, &tracer->scope.version) ||
		!lt_arena_copy(&tracer->arena, scope->schema_url, &tracer->scope.schema_url)) {
		lt_tracers_free(tracer);
		return NULL;
	}
	lt_attributes_add(&tracer->attrs, &tracer->arena, &limits, scope->attrs, scope->n_attrs);
	tracer->scope.attrs = tracer->attrs.items;
	tracer->scope.n_attrs = tracer->attrs.n;
	tracer->provider = provider;
	return tracer;
}

void lt_tracers_free(struct lt_tracer *tracers)
{
	while (tracers) {
		struct lt_tracer *next = tracers->next;
		lt_arena_done(&tracers->arena);
		free(tracers);
		tracers = next;
	}
}

static struct lt_tracer *find_or_add(
	struct lt_provider *provider, const struct lt_instrumentation_scope *scope)
{
	for (struct lt_tracer *tracer = provider->tracers; tracer; tracer = tracer->next)
		if (scope_equal(&tracer->scope, scope))
			return tracer;
	if (provider->n_tracers == TRACERS_MAX)
		return NULL;
	struct lt_tracer *tracer = tracer_new(provider, scope);
	if (!tracer)
		return NULL;
	tracer->next = provider->tracers;
	provider->tracers = tracer;
	provider->n_tracers++;
	return tracer;
}

struct lt_tracer *lt_tracer_get_scope(
	struct lt_provider *provider, const struct lt_instrumentation_scope *scope)
{
	static const struct lt_instrumentation_scope unnamed;
	if (!scope)
		scope = &unnamed;
	if (!provider)
		provider = lt_provider_global();
	if (!provider)
		return NULL;
	pthread_mutex_lock(&provider->lock);
	struct lt_tracer *tracer = find_or_add(provider, scope);
	pthread_mutex_unlock(&provider->lock);
	return tracer;
}

struct lt_tracer *lt_tracer_get(struct lt_provider *provider, const char *name, const char *version)
{
	return lt_tracer_get_scope(provider, &(struct lt_instrumentation_scope){
						     .name = lt_slice(name),
						     .version = lt_slice(version),
					     });
}
