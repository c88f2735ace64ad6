/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the agent's own variables: read once, before main(), and by --doctor, which reports
 * their errors. */
#ifndef LT_AGENT_SETTINGS_H
#define LT_AGENT_SETTINGS_H

#include "hook/index.h"
#include <libtrace/trace.h>

/* Which responses carry trace headers. */
enum response_headers {
	RESPONSE_HEADERS_NONE,
	RESPONSE_HEADERS_EDGE, /* to clients that sent no context, and so cannot know it */
	RESPONSE_HEADERS_ALL,
};

/* The HOOK_SETTING of a hook's table, if it has one. */
struct hook_setting {
	size_t word; /* its index */
	bool is_off;
};

struct settings {
	enum response_headers response_headers; /* OTEL_C_RESPONSE_HEADERS */
	bool comments_queries;			/* OTEL_C_SQLCOMMENTER */
	unsigned exit_timeout_ms;		/* OTEL_C_EXIT_TIMEOUT */
	struct hook_setting hooks[HOOK_COUNT];
};

/** Reads them all, and gives http.h the known methods. */
struct settings settings_init(void);

/** Whether OTEL_C_EXCLUDED_URLS, as settings_init() has read it, names this path (without its
 * query). */
bool settings_exclude(struct lt_slice path);

#endif
