/* SPDX-License-Identifier: Apache-2.0 */
/* mhd_options.h - the options of a daemon, which a program passes as variable arguments and
 * arrays, as one array to which others can be added. */
#ifndef LT_AGENT_MHD_OPTIONS_H
#define LT_AGENT_MHD_OPTIONS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MHD_OPTIONS_MAX 256 /* of a daemon; one with more is not traced */

/* enum MHD_OPTION, as far as the agent looks at them */
enum mhd_option_kind {
	MHD_OPTION_END = 0,
	MHD_OPTION_NOTIFY_COMPLETED = 4,
	MHD_OPTION_URI_LOG_CALLBACK = 7,
	MHD_OPTION_ARRAY = 15,
};

/* struct MHD_OptionItem */
struct mhd_option {
	int kind;
	intptr_t value;
	void *pointer; /* the second argument, or the only one where that is a pointer */
};

struct mhd_options {
	struct mhd_option items[MHD_OPTIONS_MAX + 1]; /* MHD_OPTION_END after them */
	size_t n;
};

/** Reads a list to its end, with the arrays in it.  False: an option is not known, so that nobody
 * knows what follows it, or there are too many. */
bool mhd_options_read(struct mhd_options *options, va_list list);

/** The last option of a kind, which is the one that counts; NULL: there is none. */
const struct mhd_option *mhd_options_find(const struct mhd_options *options, int kind);

/** Adds one.  False: there are too many. */
bool mhd_options_add(struct mhd_options *options, struct mhd_option option);

#endif
