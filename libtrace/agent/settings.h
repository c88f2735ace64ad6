/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - lists among the agent's own variables: read once, before main().  The others are
 * read where they are used, all of them by config.h. */
#ifndef LT_AGENT_SETTINGS_H
#define LT_AGENT_SETTINGS_H

#include <libtrace/trace.h>

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

/** Reads what agent_excludes() answers from. */
void settings_init(void);

#endif
