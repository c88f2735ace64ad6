/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - shared by the agent's hooks: the environment's parent and the settings.
 *
 * Written by the constructor, before the program's main(), and read-only after that.
 */
#ifndef LT_AGENT_H
#define LT_AGENT_H

#include "hook/settings.h"
#include <libtrace/instrumentation.h>
#include <libtrace/propagation.h>

/* A function that the agent wraps; the hooks' tables list them. */
#define AGENT_HOOK __attribute__((visibility("default")))

struct agent {
	/* The parent of spans without a current one: TRACEPARENT and BAGGAGE of the environment.
	 * Source: https://opentelemetry.io/docs/specs/otel/context/env-carriers/ */
	bool has_environment_parent;
	struct lt_span_context environment_parent;
	struct lt_baggage *environment_baggage; /* NULL: none */

	enum response_headers response_headers; /* OTEL_C_RESPONSE_HEADERS */
	bool comments_queries;			/* OTEL_C_SQLCOMMENTER */
};

extern struct agent agent;

#endif
