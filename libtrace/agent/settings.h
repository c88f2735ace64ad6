/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the agent's own variables, OTEL_C_*: read once, before main(). */
#ifndef LT_AGENT_SETTINGS_H
#define LT_AGENT_SETTINGS_H

#include <libtrace/trace.h>

/* In all of them an empty value is as good as none.
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/common/ */

/**
 * One of a few words, in any letter case; another one is said and ignored.
 *
 * @param words      n of them
 * @param otherwise  the default
 * @return the word's index
 */
size_t settings_choice(const char *name, const char *const *words, size_t n, size_t otherwise);

/** A number of milliseconds from 0 to 3,600,000; another value is said and ignored. */
unsigned settings_ms(const char *name, unsigned otherwise);

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
