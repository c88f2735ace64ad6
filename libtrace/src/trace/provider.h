/* SPDX-License-Identifier: Apache-2.0 */
/* provider.h - what a tracer provider owns; tracers and spans read it without a lock. */
#ifndef LT_PROVIDER_H
#define LT_PROVIDER_H

#include "trace/attributes.h"
#include "trace/sampler.h"

#include <libtrace/sdk.h>
#include <pthread.h>
#include <stdatomic.h>

/* Spans that another thread than their own has changed, before a tracer's spans have no owner. */
#define LT_SHARED_SPANS_MAX 16

struct lt_tracer {
	struct lt_instrumentation_scope scope;
	_Atomic(struct lt_provider *) provider; /* NULL: none yet, or none any more */
	struct lt_tracer *next;
	bool follows_global;	    /* asked for without a provider: the next global one gets it */
	atomic_uint n_shared;	    /* spans that did not stay with the thread that started them */
	struct lt_attributes attrs; /* of the scope */
	struct lt_arena arena;	    /* of the scope's strings */
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[256]; /* enough for most */
};

struct lt_tracers {
	struct lt_tracer *first;
	unsigned n;
	unsigned n_over; /* asked for beyond the limit */
};

struct lt_provider {
	struct lt_resource *resource;
	struct lt_sampler *sampler;
	int8_t answers[LT_N_PARENTS]; /* the sampler's, or LT_ASK */
	struct lt_processor *processor;
	struct lt_span_limits limits; /* resolved: no field means "the default" */
	bool is_disabled; /* OTEL_SDK_DISABLED: spans only hand their parent's context on */
	atomic_bool is_shut_down;

	bool is_stuck; /* its processor still used its spans when its shutdown's time was over */

	/* Of exit.c. */
	struct lt_provider *exit_next;
	unsigned exit_timeout_ms;
	bool has_exited;

	struct lt_tracers tracers; /* of tracer.c, under its lock */
};

enum lt_exporter_kind { LT_EXPORTER_OTLP, LT_EXPORTER_CONSOLE, LT_EXPORTER_NONE };

/**
 * Makes the exporter that OTEL_TRACES_EXPORTER names: otlp (the default), console or none.
 * @param ret_exporter  new; NULL for none, and on failure
 * @param ret_kind      filled in any case
 * @return 0, -EINVAL for an endpoint that cannot be one (reported), or -ENOMEM
 */
int lt_exporter_from_env(struct lt_exporter **ret_exporter, enum lt_exporter_kind *ret_kind);

/** Lets a provider's tracers outlive it; it is the global one no more. */
void lt_tracers_retire(struct lt_provider *provider);

#endif
