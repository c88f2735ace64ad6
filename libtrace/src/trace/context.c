/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what is current, as an object: a span and values by key. */
#include "trace/span.h"
#include "trace/values.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <stdlib.h>

struct lt_context {
	atomic_uint n_holders;
	struct lt_span *span;	  /* held */
	struct lt_values *values; /* held */
};

const struct lt_context_key lt_baggage_key = {"baggage"};

/* --- values ------------------------------------------------------------------------------- */

void lt_values_drop(struct lt_values *values)
{
	while (values &&
		atomic_fetch_sub_explicit(&values->n_holders, 1, memory_order_acq_rel) == 1) {
		struct lt_values *older = values->older;
		if (values->free_value)
			values->free_value(values->value);
		free(values);
		values = older;
	}
}

struct lt_values *lt_values_with(struct lt_values *values, const struct lt_context_key *key,
	void *value, void (*free_value)(void *value))
{
	struct lt_values *made = malloc(sizeof(*made));
	if (!made) {
		if (free_value)
			free_value(value);
		return NULL;
	}
	made->older = lt_values_hold(values);
	made->key = key;
	made->value = value;
	made->free_value = free_value;
	atomic_init(&made->n_holders, 1);
	return made;
}

void *lt_values_get(const struct lt_values *values, const struct lt_context_key *key)
{
	while (values && values->key != key)
		values = values->older;
	return values ? values->value : NULL;
}

static void free_baggage(void *baggage)
{
	lt_baggage_release(baggage);
}

static struct lt_values *with_baggage(struct lt_values *values, const struct lt_baggage *baggage)
{
	if (!baggage && !lt_values_get(values, &lt_baggage_key))
		return lt_values_hold(values);
	return lt_values_with(values, &lt_baggage_key, lt_baggage_hold(baggage), free_baggage);
}

/* --- contexts ----------------------------------------------------------------------------- */

/* Takes the values. */
static struct lt_context *make(struct lt_span *span, struct lt_values *values)
{
	struct lt_context *context = malloc(sizeof(*context));
	if (!context) {
		lt_values_release(values);
		return NULL;
	}
	context->span = lt_span_hold(span);
	context->values = values;
	atomic_init(&context->n_holders, 1);
	return context;
}

static struct lt_values *values_of(const struct lt_context *context)
{
	return context ? context->values : NULL;
}

struct lt_context *lt_context_current(void)
{
	struct lt_span *span = lt_span_current();
	struct lt_values *values = lt_scope_values();
	return span || values ? make(span, lt_values_hold(values)) : NULL;
}

void lt_scope_enter_context(struct lt_scope *scope, const struct lt_context *context)
{
	lt_scope_enter_values(scope, lt_context_span(context), values_of(context));
}

struct lt_context *lt_context_hold(const struct lt_context *context)
{
	struct lt_context *held = (struct lt_context *)context; /* but for its count it is const */
	if (held)
		atomic_fetch_add_explicit(&held->n_holders, 1, memory_order_relaxed);
	return held;
}

void lt_context_release(struct lt_context *context)
{
	if (!context ||
		atomic_fetch_sub_explicit(&context->n_holders, 1, memory_order_acq_rel) != 1)
		return;
	lt_span_release(context->span);
	lt_values_release(context->values);
	free(context);
}

struct lt_context *lt_context_with_span(const struct lt_context *context, struct lt_span *span)
{
	return make(span, lt_values_hold(values_of(context)));
}

struct lt_span *lt_context_span(const struct lt_context *context)
{
	return context ? context->span : NULL;
}

struct lt_context *lt_context_with_baggage(
	const struct lt_context *context, const struct lt_baggage *baggage)
{
	return make(lt_context_span(context), with_baggage(values_of(context), baggage));
}

const struct lt_baggage *lt_context_baggage(const struct lt_context *context)
{
	return lt_values_get(values_of(context), &lt_baggage_key);
}

struct lt_context *lt_context_with_value(const struct lt_context *context,
	const struct lt_context_key *key, void *value, void (*free_value)(void *value))
{
	struct lt_values *values = lt_values_with(values_of(context), key, value, free_value);
	return values ? make(lt_context_span(context), values) : NULL;
}

void *lt_context_value(const struct lt_context *context, const struct lt_context_key *key)
{
	return lt_values_get(values_of(context), key);
}

void *lt_context_current_value(const struct lt_context_key *key)
{
	return lt_values_get(lt_scope_values(), key);
}

/* --- handing on --------------------------------------------------------------------------- */

void *lt_context_run(struct lt_context *context, void *(*function)(void *argument), void *argument)
{
	struct lt_scope scope;
	lt_scope_enter_context(&scope, context);
	void *result = function(argument);
	lt_scope_leave(&scope);
	lt_context_release(context);
	return result;
}

struct start {
	struct lt_context *context;
	void *(*function)(void *argument);
	void *argument;
};

static void *begin(void *argument)
{
	struct start start = *(struct start *)argument;
	free(argument);
	return lt_context_run(start.context, start.function, start.argument);
}

int lt_context_pthread_create(pthread_t *ret_thread, const pthread_attr_t *attr,
	void *(*function)(void *argument), void *argument)
{
	struct start *start = malloc(sizeof(*start));
	if (!start)
		return ENOMEM;
	*start = (struct start){lt_context_current(), function, argument};
	int err = pthread_create(ret_thread, attr, begin, start);
	if (err) {
		lt_context_release(start->context);
		free(start);
	}
	return err;
}

/* --- baggage ------------------------------------------------------------------------------ */

const struct lt_baggage *lt_baggage_current(void)
{
	if (lt_thread.n_valued == 0)
		return NULL;
	return lt_values_get(lt_scope_values(), &lt_baggage_key);
}

void lt_scope_enter_baggage(struct lt_scope *scope, const struct lt_baggage *baggage)
{
	struct lt_values *values = with_baggage(lt_scope_values(), baggage);
	lt_scope_enter_values(scope, lt_span_current(), values);
	lt_values_release(values);
}

const struct lt_baggage *lt_span_baggage(const struct lt_span *handle)
{
	return lt_values_get(lt_span_values(handle), &lt_baggage_key);
}

/* --- carriers ----------------------------------------------------------------------------- */

struct lt_context *lt_context_extract(
	const struct lt_context *context, const struct lt_carrier_impl *impl, void *carrier)
{
	struct lt_span_context remote;
	struct lt_baggage *baggage;
	struct lt_span *span = NULL;
	if (lt_extract_with_baggage(impl, carrier, &remote, &baggage) == 0)
		span = lt_span_wrap(&remote);
	struct lt_values *values = lt_values_hold(values_of(context));
	if (baggage) {
		lt_values_release(values);
		values = with_baggage(values_of(context), baggage);
	}
	struct lt_context *extracted = make(span ? span : lt_context_span(context), values);
	lt_baggage_release(baggage);
	lt_span_end(span); /* the context holds it */
	return extracted;
}

int lt_context_inject(
	const struct lt_context *context, const struct lt_carrier_impl *impl, void *carrier)
{
	struct lt_span_context span_context = lt_span_get_context(lt_context_span(context));
	return lt_inject_with_baggage(impl, carrier, &span_context, lt_context_baggage(context));
}
