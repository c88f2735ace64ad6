/* SPDX-License-Identifier: Apache-2.0 */
/* preload.h - where the agent is, and what LD_PRELOAD must be for it. */
#ifndef LT_INSTRUMENT_PRELOAD_H
#define LT_INSTRUMENT_PRELOAD_H

#include <limits.h>

/**
 * Finds libtrace-agent.so: LIBTRACE_AGENT, else where this program's own file is installed, or
 * was built.
 * @return 0; -ENOENT when there is none; another error when LD_PRELOAD cannot name its path, which
 *         has a blank, a colon or a $, and no link to it can be made (detour.h)
 */
int preload_find_agent(char path[PATH_MAX]);

/** One line for a reader on such an error. */
const char *preload_explain(int err);

/**
 * Adds the agent to LD_PRELOAD, after what is there: a sanitizer's runtime must stay first.
 * Nothing is added twice.
 * @return 0 or -ENOMEM
 */
int preload_add(const char *agent);

#endif
