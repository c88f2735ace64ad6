/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - what the command lines of show, list, tail and check have in common. */
#ifndef TRACEVIEW_COMMAND_H
#define TRACEVIEW_COMMAND_H

#include "show/look.h"
#include "show/target.h"

#define COMMAND_EXIT_USAGE 2

/* The options of all these commands; COMMAND_HELP describes them. */
struct view {
	struct target target; /* of --url, or of an operand */
	const char *service;  /* NULL: any */
	double wait_s;
	struct look look;
};

#define COMMAND_HELP                                                                               \
	"  --url URL          the query API (default http://localhost:16686; TRACEVIEW_UI_PORT\n"  \
	"                     changes the port, TRACEVIEW_BASE_PATH the path)\n"                   \
	"  --service NAME     only traces that this service takes part in\n"                       \
	"  --ascii            print ASCII only (default: as the locale says)\n"                    \
	"  --color WHEN       auto (default), always or never; NO_COLOR is respected\n"            \
	"  --width COLUMNS    40 or more (default: COLUMNS, else the terminal's width, else "      \
	"100)\n"                                                                                   \
	"  --help\n"

/* An option of one command. */
struct command_option {
	const char *name; /* without its dashes; NULL ends a list */
	bool takes_value;
	/* Returns whether the value is valid; value is NULL for an option without one. */
	bool (*read)(void *user, const char *value);
};

struct command {
	const char *name;
	const char *help;
	const struct command_option *options;
	void *user;	       /* of the options' read() */
	const char **operands; /* filled with those that are present */
	unsigned min_operands, max_operands;
};

/**
 * Reads a command line.
 * @param view  filled from options and the environment
 * @return -1 to continue, else the exit status
 */
int command_read(const struct command *command, int argc, char **argv, struct view *view);

/** Prints an error of the command line; returns COMMAND_EXIT_USAGE. */
int command_complain(const struct command *command, const char *what, const char *argument);

/* Parse a value; false when it is malformed. */
bool command_read_count(const char *value, uint64_t *ret_n);
bool command_read_seconds(const char *value, double *ret_s);

#endif
