/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.h - what of a program's libraries is traced, by the agent's own tables. */
#ifndef LT_INSTRUMENT_HOOKS_H
#define LT_INSTRUMENT_HOOKS_H

#include <stdbool.h>

struct library;
struct program;

/**
 * Prints for SERVER and for CLIENT spans which libraries they are made of, or why they are not.
 * @param libraries  that the program has, n of them
 * @param absent     comes before the names of the libraries of which it has none
 * @return whether there are any spans
 */
bool hooks_say(
	const struct program *program, const struct library *libraries, int n, const char *absent);

/** Whether a library of that name, or file, is one that the agent traces. */
bool hooks_has(const char *name);

/** Their names, a blank before each. */
extern const char hooks_libraries[];

#endif
