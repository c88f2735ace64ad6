/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - see options.h. */
#include "options.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME_BYTES 128 /* of a variable; the longest that OpenTelemetry has is half of it */

static int complain(const char *option, const char *what)
{
	fprintf(stderr, "libtrace-instrument: %s: %s (try --help)\n", option, what);
	return -EINVAL;
}

/* "--service-name" up to its "=" or end becomes "OTEL_SERVICE_NAME". */
static int variable_of(const char *option, size_t len, char name[MAX_NAME_BYTES])
{
	size_t n = 0;

	if (len <= 2 || len + strlen("OTEL_") >= MAX_NAME_BYTES)
		return -EINVAL;
	for (const char *p = "OTEL_"; *p; p++)
		name[n++] = *p;
	for (size_t i = 2; i < len; i++) {
		const char c = option[i];
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

/* Reads one option that stands for a variable; *argv is left at its last word. */
static int read_variable(char ***argv)
{
	char *option = **argv, name[MAX_NAME_BYTES];
	const size_t len = strcspn(option, "=");
	const char *value = option + len + 1;

	if (variable_of(option, len, name))
		return complain(option, "no such option: letters a-z, digits and single hyphens");
	if (!option[len]) {
		value = (*argv)[1];
		if (!value)
			return complain(option, "needs a value");
		(*argv)++;
	}
	return setenv(name, value, 1) ? -errno : 0;
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
		else if (strncmp(*argv, "--", 2) == 0)
			err = read_variable(&argv);
		else
			err = complain(*argv, "no such option");
		if (err)
			return err;
	}
	options.program = argv;
	*ret_options = options;
	return 0;
}

void options_help(void)
{
	static const char text[] =
		"usage: libtrace-instrument [OPTION VALUE]... [--] PROGRAM [ARGUMENT]...\n"
		"       libtrace-instrument [OPTION VALUE]... --doctor PROGRAM\n"
		"\n"
		"Runs PROGRAM with distributed tracing: SERVER spans for what it serves with "
		"libh2o,\n"
		"CLIENT spans for what it asks for with libcurl, and the traceparent header "
		"between.\n"
		"\n"
		"  --doctor    say what of PROGRAM would be traced, and why not\n"
		"  --version   print the version\n"
		"  --help      print this\n"
		"\n"
		"Every OpenTelemetry variable OTEL_X_Y is an option --x-y VALUE (or --x-y=VALUE).\n"
		"The most used ones, with what holds without them:\n"
		"\n"
		"  --service-name NAME                    unknown_service:PROGRAM\n"
		"  --resource-attributes KEY=VALUE,...\n"
		"  --traces-exporter otlp|console|none    otlp\n"
		"  --exporter-otlp-endpoint URL           http://localhost:4318\n"
		"  --exporter-otlp-protocol PROTOCOL      http/protobuf (or http/json)\n"
		"  --exporter-otlp-headers KEY=VALUE,...\n"
		"  --traces-sampler NAME                  parentbased_always_on\n"
		"  --traces-sampler-arg VALUE             a ratio from 0 to 1\n"
		"  --propagators NAME,...                 tracecontext,baggage\n"
		"  --bsp-schedule-delay MS                5000\n"
		"  --log-level LEVEL                      info (or none, error, warn, debug)\n"
		"  --sdk-disabled true                    run PROGRAM without tracing it\n"
		"  --c-excluded-urls PATH,...             /healthz,/readyz (PATH* for all that "
		"begin so)\n"
		"  --c-response-headers true|edge|false   true: traceresponse and server-timing in "
		"all\n"
		"                                         answers; edge: unless a traceparent "
		"came\n"
		"  --c-exit-timeout MS                    2000, to send the last spans at exit\n"
		"\n"
		"LIBTRACE_AGENT names another libtrace-agent.so than the installed one.\n"
		"Exit code: PROGRAM's; 125 when the launcher itself fails, 126 when PROGRAM cannot "
		"be\n"
		"run, 127 when there is no PROGRAM of that name.\n";

	fputs(text, stdout);
}
