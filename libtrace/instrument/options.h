/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line: every OTEL_X_Y is --x-y. */
#ifndef LT_INSTRUMENT_OPTIONS_H
#define LT_INSTRUMENT_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

struct options {
	bool help, version, doctor;
	pid_t pid;	/* of --doctor's --pid; 0: none */
	char **program; /* its name and arguments, inside argv; program[0] NULL: none given */
};

/**
 * Parses the command line and sets the environment variable of each --x-y VALUE or --x-y=VALUE.
 * @return 0; -EINVAL, which has been printed to standard error; or -ENOMEM
 */
int options_read(char **argv, struct options *ret_options);

/** Prints the text of --help. */
void options_help(void);

#endif
