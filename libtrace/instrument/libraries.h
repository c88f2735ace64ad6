/* SPDX-License-Identifier: Apache-2.0 */
/* libraries.h - the shared libraries that a program starts with, as its own dynamic linker lists
 * them.
 */
#ifndef LT_INSTRUMENT_LIBRARIES_H
#define LT_INSTRUMENT_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

struct library {
	char name[128];	 /* as in DT_NEEDED: "libcurl.so.4" */
	char path[1024]; /* where it was found; "" when it was not */
};

/**
 * Lists the libraries loaded at the program's start, with the agent and its core if they can be
 * loaded. The program is not run.
 *
 * @param dynamic_linker,  path  the program's
 * @param agent            preloaded into it
 * @param libraries        room for max of them; more are omitted
 * @param ret_complaint    the dynamic linker's first complaint, cut to size; "" when it has
 * none
 * @return how many; -Exxx when it could not be run
 */
int libraries_list(const char *dynamic_linker, const char *path, const char *agent,
	struct library *libraries, size_t max, char *ret_complaint, size_t size);

#endif
