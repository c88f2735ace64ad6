/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the agent's own variables: read once, before main(), and by --doctor, which says
 * what is wrong with them. */
#ifndef LT_AGENT_SETTINGS_H
#define LT_AGENT_SETTINGS_H

#include <libtrace/trace.h>

/* Which answers name their trace. */
enum response_headers {
	RESPONSE_HEADERS_NONE,
	RESPONSE_HEADERS_EDGE, /* to clients that sent no context, and so cannot know it */
	RESPONSE_HEADERS_ALL,
};

struct settings {
	enum response_headers response_headers; /* OTEL_C_RESPONSE_HEADERS */
	unsigned exit_timeout_ms;		/* OTEL_C_EXIT_TIMEOUT */
};

/** Reads them all; what http_method() and agent_excludes() answer from stays with those. */
struct settings settings_init(void);

/**
 * Splits a comma-separated list.
 *
 * @param name       the variable
 * @param otherwise  its default
 * @param max        what items has room for; the rest is said and ignored
 * @param items      filled; trimmed, none empty; borrowed from the environment
 * @return how many
 */
size_t settings_list(const char *name, const char *otherwise, size_t max, struct lt_slice *items);

#endif
