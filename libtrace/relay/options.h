/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line. */
#ifndef LT_RELAY_OPTIONS_H
#define LT_RELAY_OPTIONS_H

#include <stdbool.h>

enum { EXIT_CANNOT = 1, EXIT_USAGE = 2 };

struct options {
	const char *path; /* of --listen; NULL: the launcher has started it */
	bool stays;	  /* also when it cannot listen or send */
};

/**
 * @return -1 to go on, or the exit code: help or version have been printed, or what is wrong, or it has waited
 */
int options_read(char **argv, struct options *ret_options);

#endif
