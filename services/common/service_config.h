/* SPDX-License-Identifier: Apache-2.0 */
/* service_config.h - a service's settings: environment variables, described in one table that parsing,
 * checks and --help share. An empty variable counts as unset. */
#ifndef SERVICES_SERVICE_CONFIG_H
#define SERVICES_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "http_limits.h"

enum config_kind { CONFIG_END = 0, CONFIG_TEXT, CONFIG_NUMBER, CONFIG_SWITCH };

struct config_setting {
	enum config_kind kind;
	const char *name; /* of the variable; NULL for CONFIG_SWITCH, which is an option only */
	const char *help; /* one line */
	const char **ret_text; /* CONFIG_TEXT: set to a borrowed string */
	const char *text;      /* its value when unset */
	unsigned *ret_number;  /* CONFIG_NUMBER: set to a value from min to max */
	unsigned number;       /* its value when unset */
	unsigned min, max;
	bool *ret_given;    /* CONFIG_SWITCH: set to whether its option is there */
	const char *option; /* not of CONFIG_NUMBER: its name on the command line; NULL: none */
	const char *number_help; /* shown as default instead of a computed one; may be NULL */
};

/* The settings of every service. */
struct config {
	const char *host;
	unsigned port;
	unsigned n_threads;
	unsigned drain_timeout_ms;
	struct http_limits limits; /* of all loops together */
};

struct program {
	const char *name;
	const char *summary; /* one line, for --help */
	unsigned port;	     /* when PORT is unset */
	unsigned lag_max_ms; /* likewise LAG_MAX_MS */
};

/**
 * Reads the command line (only --help, --version, --ready and the options of settings) and the settings, and sets up the log.
 * Errors are printed to standard error.
 *
 * @param extra       the program's own settings, ended by CONFIG_END
 * @param ret_config  filled on success
 * @return -1 to continue, else the exit status: 0, or 2 for a usage error
 */
int config_load(const struct program *program, const struct config_setting *extra, int argc,
	char **argv, struct config *ret_config);

/* For a program with a command line of its own: reads its settings (ended by CONFIG_END) and those
 * of the log. @return as config_load() */
int config_read(const char *program_name, const struct config_setting *settings);
void config_print(const struct config_setting *settings);

/** Reports an invalid setting, as config_load() does. @return 2, the exit status */
__attribute__((format(printf, 2, 3))) int config_complain(
	const char *setting, const char *format, ...);

#endif
