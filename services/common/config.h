/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - a service's settings: environment variables, described once in a table from which they
 * are read, checked and shown by --help.  An empty variable counts as unset. */
#ifndef SERVICES_CONFIG_H
#define SERVICES_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

enum config_kind { CONFIG_END = 0, CONFIG_TEXT, CONFIG_NUMBER };

struct config_setting {
	enum config_kind kind;
	const char *name;
	const char *help;      /* one line */
	const char **ret_text; /* CONFIG_TEXT: gets a borrowed string */
	const char *text;      /* its value when unset */
	unsigned *ret_number;  /* CONFIG_NUMBER: gets min to max */
	unsigned number;       /* its value when unset */
	unsigned min, max;
	const char *number_help; /* shown for the value when unset, where it depends; may be NULL */
};

/* What every service has. */
struct config {
	const char *host;
	unsigned port;
	unsigned n_threads;
	unsigned drain_timeout_ms;
};

struct program {
	const char *name;
	const char *summary; /* one line, for --help */
	unsigned port;	     /* when PORT is unset */
};

/**
 * Reads the command line (--help and --version are all it knows) and the settings, and sets up the
 * log.  What is wrong is said on standard error.
 *
 * @param extra       the program's own settings, ended by CONFIG_END
 * @param ret_config  filled on success
 * @return -1 to go on, else what the program is to exit with: 0, or 2 for a usage error
 */
int config_load(const struct program *program, const struct config_setting *extra, int argc,
	char **argv, struct config *ret_config);

/* For a program with a command line of its own: its settings, and those of the log.  Settings are
 * ended by CONFIG_END; results are as config_load()'s. */
int config_read(const char *program_name, const struct config_setting *settings);
void config_print(const struct config_setting *settings);

/** Says what is wrong with a setting, as config_load() does. @return 2, to exit with */
__attribute__((format(printf, 2, 3))) int config_complain(
	const char *setting, const char *format, ...);

#endif
