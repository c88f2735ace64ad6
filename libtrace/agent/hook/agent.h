/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - what the agent's hooks share: the two tracers and the settings.
 *
 * All of it is written by the constructor, before the program's main(), and only read after that.
 */
#ifndef LT_AGENT_H
#define LT_AGENT_H

#include "hook/settings.h"
#include <libtrace/instrumentation.h>
#include <libtrace/propagation.h>

/* A function of the program's library that the agent stands in front of; wrapped.h lists them. */
#define AGENT_HOOK __attribute__((visibility("default")))

struct agent {
	/* NULL: there was no memory, and every hook only passes on. */
	struct lt_tracer *client_tracer; /* libcurl's spans */
	struct lt_tracer *server_tracer; /* libh2o's spans */

	/* The parent of what a process without a current span does: TRACEPARENT of its environment.
	 * Source: https://opentelemetry.io/docs/specs/otel/context/env-carriers/ */
	bool has_environment_parent;
	struct lt_span_context environment_parent;

	enum response_headers response_headers; /* OTEL_C_RESPONSE_HEADERS */
};

extern struct agent agent;

#endif
