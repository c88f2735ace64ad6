/* SPDX-License-Identifier: Apache-2.0 */
/* preload.h - finds the agent and adds it to LD_PRELOAD. */
#ifndef LT_INSTRUMENT_PRELOAD_H
#define LT_INSTRUMENT_PRELOAD_H

#include <limits.h>
#include <stdbool.h>

/**
 * Finds libtrace-agent.so: LIBTRACE_AGENT, else where this program's own file is installed, or
 * was built.
 * @return 0; -ENOENT when there is none; another error when LD_PRELOAD cannot contain its path,
 *         which has a blank, a colon or a $, and no link to it can be created (detour.h)
 */
int preload_find_agent(char path[PATH_MAX]);

/** A message for such an error, one line. */
const char *preload_explain(int err);

/**
 * Appends the agent to LD_PRELOAD, unless it is there: a sanitizer's runtime must stay first.
 * @return 0 or -ENOMEM
 */
int preload_add(const char *agent);

/** Whether the agent was built for programs of musl, too. */
bool preload_has_musl(void);

/** The path of libtrace-relay, beside this program.  @return 0 or -Exxx */
int preload_find_relay(char path[PATH_MAX]);

#endif
