/* SPDX-License-Identifier: Apache-2.0 */
/* provider.h - what a tracer provider owns; tracers and spans read it without a lock. */
#ifndef LT_PROVIDER_H
#define LT_PROVIDER_H

#include "attributes.h"

#include <libtrace/sdk.h>
#include <pthread.h>
#include <stdatomic.h>

struct lt_tracer {
	struct lt_instrumentation_scope scope;
	struct lt_provider *provider;
	struct lt_tracer *next;
	struct lt_attributes attrs; /* of the scope */
	struct lt_arena arena;	    /* of the scope's strings */
	char bytes[256];	    /* enough for most */
};

struct lt_provider {
	struct lt_resource *resource;
	struct lt_sampler *sampler;
	struct lt_processor *processor;
	struct lt_span_limits limits; /* resolved: no field means "the default" */
	bool is_disabled; /* OTEL_SDK_DISABLED: spans only hand their parent's context on */
	atomic_bool is_shut_down;

	pthread_mutex_t lock; /* of what follows */
	struct lt_tracer *tracers;
	unsigned n_tracers;
};

/** Frees the tracers of a provider. */
void lt_tracers_free(struct lt_tracer *tracers);

#endif
