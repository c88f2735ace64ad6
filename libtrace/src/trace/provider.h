/* SPDX-License-Identifier: Apache-2.0 */
/* provider.h - what a tracer provider owns; tracers and spans read it without a lock. */
#ifndef LT_PROVIDER_H
#define LT_PROVIDER_H

#include "trace/attributes.h"
#include "trace/sampler.h"
#include "util/exit.h"

#include <libtrace/sdk.h>
#include <pthread.h>
#include <stdatomic.h>

/* After so many spans that another thread has changed, a tracer's spans get no owner any more. */
#define LT_SHARED_SPANS_MAX 16

struct lt_tracer {
	struct lt_instrumentation_scope scope;
	_Atomic(struct lt_provider *) provider; /* NULL: not yet, or no longer */
	struct lt_tracer *next;
	bool follows_global;	    /* made without a provider: the next global one takes it */
	atomic_uint n_shared;	    /* spans that another thread than their own has changed */
	struct lt_attributes attrs; /* of the scope */
	struct lt_arena arena;	    /* of the scope's strings */
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[256]; /* enough for most */
};

struct lt_tracers {
	struct lt_tracer *first;
	unsigned n;
	unsigned n_over; /* requests beyond the limit */
};

struct lt_provider {
	struct lt_resource *resource;
	struct lt_sampler *sampler;
	int8_t answers[LT_N_PARENTS]; /* the sampler's, or LT_ASK */
	struct lt_processor *processor;
	struct lt_id_generator *id_generator;	/* NULL: random ids */
	struct lt_span_limits limits;		/* resolved: no field means "the default" */
	struct lt_attribute_limits attr_limits; /* of a span, from these */
	struct lt_span_counts *counts;		/* NULL: none; the sampler's and the processor's */
	bool is_disabled; /* OTEL_SDK_DISABLED: spans only hand their parent's context on */
	atomic_bool is_shut_down;

	bool is_stuck; /* its processor still used spans when the shutdown's limit had passed */

	struct lt_exit_entry at_exit;
	struct lt_provider *next_kept; /* of those that are never freed */

	struct lt_tracers tracers; /* of tracer.c, under its lock */
};

struct lt_provider_parts { /* all set and resolved: no field means "the default" */
	struct lt_resource *resource;
	struct lt_sampler *sampler;
	struct lt_processor *processor;
	struct lt_id_generator *id_generator; /* NULL: random ids */
	struct lt_span_limits limits;
	struct lt_span_counts *counts; /* may be NULL */
	bool is_disabled;
};

/** A new provider, which takes the parts; NULL, with nothing taken, when out of memory. */
struct lt_provider *lt_provider_make(const struct lt_provider_parts *parts);

/** Frees an id generator of any kind; NULL is fine. */
void lt_id_generator_free(struct lt_id_generator *generator);

/** Detaches a provider's tracers, which outlive it; it is no longer the global one. */
void lt_tracers_retire(struct lt_provider *provider);

#endif
