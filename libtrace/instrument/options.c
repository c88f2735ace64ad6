/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"
#include "known.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_COLUMN 41 /* of the help */

static int complain(const char *option, const char *what)
{
	fprintf(stderr, "libtrace-instrument: %s: %s (try --help)\n", option, what);
	return -EINVAL;
}

/* "--service-name" up to its "=" or end becomes "OTEL_SERVICE_NAME". */
static int variable_of(const char *option, size_t len, char name[KNOWN_NAME_MAX_BYTES])
{
	size_t n = 0;

	if (len <= 2 || len + strlen("OTEL_") >= KNOWN_NAME_MAX_BYTES)
		return -EINVAL;
	for (const char *p = "OTEL_"; *p; p++)
		name[n++] = *p;
	for (size_t i = 2; i < len; i++) {
		char c = option[i];
		if (c >= 'a' && c <= 'z')
			name[n++] = (char)(c - 'a' + 'A');
		else if (c >= '0' && c <= '9')
			name[n++] = c;
		else if (c == '-' && i > 2 && option[i - 1] != '-' && i + 1 < len)
			name[n++] = '_';
		else
			return -EINVAL;
	}
	name[n] = '\0';
	return 0;
}

static int refuse(const char *option, const char *meant)
{
	fprintf(stderr, "libtrace-instrument: %s: no such option (did you mean %s?)\n", option,
		meant);
	return -EINVAL;
}

/* Only known names are accepted: a mistyped option would take the next word, perhaps the program,
 * as its value. */
static int check_variable(const char *option, const char *name)
{
	static const char *const flags[] = {
		"--doctor", "--help", "--no-children", "--pid", "--relay", "--version"};
	char nearest[KNOWN_NAME_MAX_BYTES], meant[KNOWN_NAME_MAX_BYTES];

	if (known_find(name))
		return 0;
	enum known_likeness likeness = known_nearest(name, nearest);
	if (likeness != UNLIKE)
		known_option(nearest, meant);
	if (likeness == TYPO)
		return refuse(option, meant);
	if (known_has_form(name))
		return 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (known_is_slip(option, flags[i]))
			return refuse(option, flags[i]);
	}
	return likeness == SIMILAR ? refuse(option, meant) : complain(option, "no such option");
}

/* The one option of a setting of ours that has a short name. */
static void expand(char name[KNOWN_NAME_MAX_BYTES])
{
	if (strcmp(name, "OTEL_RELAY") == 0)
		strcpy(name, "OTEL_C_RELAY");
}

/* Reads an option that sets a variable; leaves *argv at its last word. */
static int read_variable(char ***argv)
{
	char option[KNOWN_NAME_MAX_BYTES], name[KNOWN_NAME_MAX_BYTES];
	const char *word = **argv, *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);

	snprintf(option, sizeof(option), "%.*s", (int)len, word);
	if (variable_of(word, len, name))
		return complain(option, "no such option: letters a-z, digits and single hyphens");
	expand(name);
	int err = check_variable(option, name);
	if (err)
		return err;
	if (value)
		value++;
	else
		value = *++*argv;
	if (!value) {
		(*argv)--;
		return complain(option, "needs a value");
	}
	return setenv(name, value, 1) ? -errno : 0;
}

/* Leaves *argv at the option's last word. */
static int read_pid(char ***argv, pid_t *ret_pid)
{
	const char *word = **argv + strlen("--pid");
	const char *value = *word ? word + 1 : (*argv)[1];
	char *end;

	if (!value)
		return complain("--pid", "needs a value");
	if (!*word)
		++*argv;
	errno = 0;
	long pid = value[0] >= '0' && value[0] <= '9' ? strtol(value, &end, 10) : 0;
	if (errno || pid <= 0 || pid > INT_MAX || *end)
		return complain("--pid", "needs the number of a process");
	*ret_pid = (pid_t)pid;
	return 0;
}

/* What does not go together. */
static int check(const struct options *options)
{
	if (!options->pid)
		return 0;
	if (!options->doctor)
		return complain("--pid", "goes with --doctor");
	return options->program[0] ? complain("--pid", "takes no program beside it") : 0;
}

int options_read(char **argv, struct options *ret_options)
{
	struct options options = {0};

	for (argv++; *argv && (*argv)[0] == '-'; argv++) {
		int err = 0;
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
			options.help = true;
		else if (strcmp(*argv, "--version") == 0)
			options.version = true;
		else if (strcmp(*argv, "--doctor") == 0)
			options.doctor = true;
		else if (strcmp(*argv, "--pid") == 0 || strncmp(*argv, "--pid=", 6) == 0)
			err = read_pid(&argv, &options.pid);
		else if (strcmp(*argv, "--no-children") == 0)
			err = setenv("OTEL_C_CHILDREN", "false", 1) ? -errno : 0;
		else if (strncmp(*argv, "--", 2) == 0)
			err = read_variable(&argv);
		else
			err = complain(*argv, "no such option");
		if (err)
			return err;
	}
	options.program = argv;
	int err = check(&options);
	if (!err)
		*ret_options = options;
	return err;
}

static void print_settings(enum known_reader reader)
{
	char option[KNOWN_NAME_MAX_BYTES];

	for (size_t i = 0; i < n_known_settings; i++) {
		const struct known *known = &known_settings[i];
		if (known->reader != reader)
			continue;
		known_option(known->name, option);
		int n = printf("  %s %s", option, known->value);
		/* In a column of their own, or on a new line after a long option. */
		printf("%s%*s%s", n < TEXT_COLUMN ? "" : "\n",
			n < TEXT_COLUMN ? TEXT_COLUMN - n : TEXT_COLUMN, "", known->text);
		if (*known->fallback)
			printf(" [%s]", known->fallback);
		putchar('\n');
	}
}

void options_help(void)
{
	fputs("usage: libtrace-instrument [OPTION VALUE]... [--] PROGRAM [ARGUMENT]...\n"
	      "       libtrace-instrument [OPTION VALUE]... --doctor PROGRAM\n"
	      "       libtrace-instrument --doctor --pid N\n"
	      "\n"
	      "Runs PROGRAM with distributed tracing, and with the traceparent header between "
	      "programs:\n"
#define TEXT_OF_SERVER(what, library) "  SERVER spans for " what " with " library "\n"
#define TEXT_OF_CLIENT(what, library) "  CLIENT spans for " what " with " library "\n"
#define TEXT_OF_CONTEXT(what, library) "  " what "\n"
#define HOOK(id, kind, library, prefix, caller, what) TEXT_OF_##kind(what, library)
#include <hook_tables.h>
	      "\n"
	      "  --doctor       print what of PROGRAM would be traced, and why not\n"
	      "  --doctor --pid N\n"
	      "                 print whether process N is traced, what of it, and why not\n"
	      "  --no-children  trace none of the programs that PROGRAM starts\n"
	      "  --relay no     let a thread of PROGRAM's send its spans, no process beside it\n"
	      "  --version      print the version\n"
	      "  --help         print this\n"
	      "\n"
	      "Every OpenTelemetry variable OTEL_X_Y is an option --x-y VALUE (or --x-y=VALUE).  "
	      "In\n"
	      "brackets is the default.  These are read here; those that other\n"
	      "languages' SDKs read are accepted too, for programs that PROGRAM starts.\n"
	      "\n",
		stdout);
	print_settings(READ_BY_LIBRARY);
	fputs("\n"
	      "--exporter-otlp-traces-X overrides --exporter-otlp-X, and its endpoint is used as "
	      "it\n"
	      "is.  The agent's own:\n"
	      "\n",
		stdout);
	print_settings(READ_BY_AGENT);
	fputs("\n"
	      "LIBTRACE_AGENT names another libtrace-agent.so than the installed one.\n"
	      "Exit code: PROGRAM's; 125 when the launcher itself fails, 126 when PROGRAM cannot "
	      "be\n"
	      "run, 127 when there is no PROGRAM of that name.\n",
		stdout);
}
