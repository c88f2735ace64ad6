/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - what the agent's hooks share: the two tracers and the settings.
 *
 * All of it is written by the constructor, before the program's main(), and only read after that.
 */
#ifndef LT_AGENT_H
#define LT_AGENT_H

#include <libtrace/instrumentation.h>
#include <libtrace/propagation.h>
#include <libtrace/sdk.h>
#include <libtrace/trace.h>

/* A function of the program's library that the agent stands in front of; agent.map lists them. */
#define AGENT_HOOK __attribute__((visibility("default")))

struct agent {
	/* NULL: tracing is off (OTEL_SDK_DISABLED, no memory) and every hook only passes on. */
	struct lt_tracer *client_tracer; /* libcurl's spans */
	struct lt_tracer *server_tracer; /* libh2o's spans */

	/* The parent of what a process without a current span does: TRACEPARENT of its environment.
	 * Source: https://opentelemetry.io/docs/specs/otel/context/env-carriers/ */
	bool has_environment_parent;
	struct lt_remote_context environment_parent;

	bool response_headers; /* OTEL_C_RESPONSE_HEADERS, true */
};

extern struct agent agent;

/**
 * To be called before a span starts, when the program has set up the TLS library that it
 * (and perhaps the exporter) uses: moves the last export before that library's own exit handler,
 * after which it must not be touched.  Does something once.
 */
void agent_expect_exit(void);

/** Says something about the agent itself, once where it matters: one line on standard error unless
 * OTEL_LOG_LEVEL is error or none. */
void agent_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Whether OTEL_C_EXCLUDED_URLS names this path (without its query). */
bool agent_excludes(struct lt_slice path);

#endif
