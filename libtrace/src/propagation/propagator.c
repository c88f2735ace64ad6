/* SPDX-License-Identifier: Apache-2.0 */
/* propagator.c - the global propagator, out of OTEL_PROPAGATORS or a program's own, and composites.
 */
#include "propagation/propagator.h"

#include "util/config.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PROPAGATORS_MAX 8
#define FIELDS_MAX 32

/* --- several in one ----------------------------------------------------------------------- */

struct composite {
	struct lt_propagator super;
	struct lt_propagator_impl impl; /* with the fields below */
	size_t n;
	struct lt_propagator *propagators[PROPAGATORS_MAX];
	const char *fields[FIELDS_MAX + 1];
};

static int extract_each(struct lt_propagator *self, const struct lt_carrier_impl *impl,
	void *carrier, struct lt_span_context *ret_context, struct lt_baggage **ret_baggage)
{
	const struct composite *composite = (const struct composite *)self;
	int result = -ENOENT;
	for (size_t i = 0; i < composite->n; i++) {
		struct lt_propagator *each = composite->propagators[i];
		int err = each->impl->extract ? each->impl->extract(each, impl, carrier,
							ret_context, ret_baggage)
					      : -ENOENT;
		if (err == 0 || result == -ENOENT)
			result = err;
	}
	return result;
}

static int inject_each(struct lt_propagator *self, const struct lt_carrier_impl *impl,
	void *carrier, const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	const struct composite *composite = (const struct composite *)self;
	int err = 0;
	for (size_t i = 0; !err && i < composite->n; i++) {
		struct lt_propagator *each = composite->propagators[i];
		if (each->impl->inject)
			err = each->impl->inject(each, impl, carrier, context, baggage);
	}
	return err;
}

static void propagator_free(struct lt_propagator *propagator)
{
	if (propagator && propagator->impl->free)
		propagator->impl->free(propagator);
}

static void free_composite(struct lt_propagator *self)
{
	struct composite *composite = (struct composite *)self;
	for (size_t i = 0; i < composite->n; i++)
		propagator_free(composite->propagators[i]);
	free(composite);
}

static bool has_field(const struct composite *composite, const char *field)
{
	for (const char *const *each = composite->fields; *each; each++)
		if (strcmp(*each, field) == 0)
			return true;
	return false;
}

static int add(struct composite *composite, struct lt_propagator *propagator)
{
	size_t n_fields = 0;
	const char *const *each = propagator->impl->fields;
	while (composite->fields[n_fields])
		n_fields++;
	if (composite->n == PROPAGATORS_MAX)
		return -E2BIG;
	for (; each && *each; each++) {
		if (has_field(composite, *each))
			continue;
		if (n_fields == FIELDS_MAX)
			return -E2BIG;
		composite->fields[n_fields++] = *each;
	}
	composite->propagators[composite->n++] = propagator;
	return 0;
}

static void init_composite(struct composite *composite)
{
	composite->impl = (struct lt_propagator_impl){
		.extract = extract_each, .inject = inject_each, .fields = composite->fields};
	composite->super.impl = &composite->impl;
}

int lt_propagator_composite_new(
	struct lt_propagator *const *propagators, size_t n, struct lt_propagator **ret_propagator)
{
	struct composite *composite = calloc(1, sizeof(*composite));
	int err = composite ? 0 : -ENOMEM;
	size_t n_taken = 0;
	if (composite)
		init_composite(composite);
	while (!err && n_taken < n && !(err = add(composite, propagators[n_taken])))
		n_taken++;
	if (err) {
		for (; n_taken < n; n_taken++)
			propagator_free(propagators[n_taken]);
		if (composite)
			free_composite(&composite->super);
		return err;
	}
	composite->impl.free = free_composite;
	*ret_propagator = &composite->super;
	return 0;
}

/* --- the global one ----------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct composite from_env;
static _Atomic(struct lt_propagator *) global; /* NULL: from_env, once that has been read */
static atomic_bool is_w3c;		       /* it is tracecontext,baggage: the short way */

static void add_named(struct lt_slice name)
{
	struct lt_propagator *propagator = lt_propagator_named(name, lt_slice_is_word);
	if (!propagator) {
		if (!lt_slice_is_word(name, "none"))
			lt_report(LT_LEVEL_WARN,
				"OTEL_PROPAGATORS: \"%.*s\" is not known here; left out",
				(int)name.len, name.ptr);
		return;
	}
	for (size_t i = 0; i < from_env.n; i++) {
		if (from_env.propagators[i] == propagator)
			return;
	}
	(void)add(&from_env, propagator);
}

static void read_config(void)
{
	struct lt_slice list = lt_config_text("OTEL_PROPAGATORS"), name;
	bool is_default = !list.ptr;
	init_composite(&from_env);
	if (is_default)
		list = lt_slice("tracecontext,baggage");
	while (lt_config_next_item(&list, &name))
		add_named(name);
	if (!atomic_load(&global))
		atomic_store(&is_w3c, is_default);
}

static struct lt_propagator *get_global(void)
{
	pthread_once(&once, read_config);
	struct lt_propagator *propagator = atomic_load_explicit(&global, memory_order_acquire);
	return propagator ? propagator : &from_env.super;
}

struct lt_propagator *lt_propagator_global(void)
{
	return get_global();
}

void lt_propagator_set_global(struct lt_propagator *propagator)
{
	atomic_store(&is_w3c, false);
	propagator_free(atomic_exchange(&global, propagator));
}

void lt_propagator_set_default(struct lt_propagator *propagator)
{
	struct lt_propagator *none = NULL;
	if (!propagator)
		return;
	pthread_once(&once, read_config);
	if (atomic_compare_exchange_strong(&global, &none, propagator))
		atomic_store(&is_w3c, false);
	else
		propagator_free(propagator);
}

/* --- the interface ------------------------------------------------------------------------ */

int lt_extract(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context)
{
	if (!impl || !impl->get)
		return -ENOENT;
	if (atomic_load_explicit(&is_w3c, memory_order_relaxed))
		return lt_tracecontext_extract(impl, carrier, ret_context);
	struct lt_propagator *propagator = get_global();
	return propagator->impl->extract
		       ? propagator->impl->extract(propagator, impl, carrier, ret_context, NULL)
		       : -ENOENT;
}

int lt_extract_with_baggage(const struct lt_carrier_impl *impl, void *carrier,
	struct lt_span_context *ret_context, struct lt_baggage **ret_baggage)
{
	*ret_baggage = NULL;
	if (!impl || !impl->get)
		return -ENOENT;
	if (atomic_load_explicit(&is_w3c, memory_order_relaxed)) {
		struct lt_propagator *baggage = lt_propagator_baggage();
		baggage->impl->extract(baggage, impl, carrier, ret_context, ret_baggage);
		return lt_tracecontext_extract(impl, carrier, ret_context);
	}
	struct lt_propagator *propagator = get_global();
	return propagator->impl->extract ? propagator->impl->extract(propagator, impl, carrier,
						   ret_context, ret_baggage)
					 : -ENOENT;
}

int lt_inject_with_baggage(const struct lt_carrier_impl *impl, void *carrier,
	const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	struct lt_span_context current;
	if (!context) {
		current = lt_span_get_context(lt_span_current());
		context = &current;
	}
	if (!impl || !impl->set)
		return 0;
	if (!baggage && atomic_load_explicit(&is_w3c, memory_order_relaxed))
		return lt_span_context_is_valid(context)
			       ? lt_tracecontext_inject(impl, carrier, context)
			       : 0;
	struct lt_propagator *propagator = get_global();
	return propagator->impl->inject
		       ? propagator->impl->inject(propagator, impl, carrier, context, baggage)
		       : 0;
}

int lt_inject(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_span_context *context)
{
	return lt_inject_with_baggage(impl, carrier, context, lt_baggage_current());
}
