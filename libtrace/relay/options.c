/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <libtrace/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: libtrace-relay --listen PATH\n"
	"\n"
	"Sends the spans of programs that run under libtrace-instrument or the agent, also\n"
	"in other containers, where they find it by OTEL_C_RELAY=PATH.\n"
	"\n"
	"  --listen PATH  listen on a Unix socket there, until SIGTERM or SIGINT\n"
	"  --version      print the version\n"
	"  --help         print this\n"
	"\n"
	"A program needs the token: OTEL_C_RELAY_TOKEN, 32 hexadecimal digits, of the relay's\n"
	"environment and its own; where that is not set, the relay writes a random one to\n"
	"PATH.token, for its user and group.  OTEL_EXPORTER_OTLP_* and OTEL_BSP_* say where and\n"
	"how spans are sent; the relay's hold for all programs.\n"
	"\n"
	"libtrace-instrument starts a relay by itself where OTEL_C_RELAY is no path.\n"
	"\n"
	"exit code: 0 ended by a signal, 1 cannot listen or send, 2 wrong usage\n";

static int complain(const char *word, const char *what)
{
	fprintf(stderr, "libtrace-relay: %s: %s (try --help)\n", word, what);
	return EXIT_USAGE;
}

static int print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? EXIT_CANNOT : EXIT_SUCCESS;
}

int options_read(char **argv, const char **ret_path)
{
	static const char listen[] = "--listen";
	*ret_path = NULL;
	for (argv++; *argv; argv++) {
		const char *value = *argv + sizeof(listen) - 1;
		if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
			return print(help);
		if (strcmp(*argv, "--version") == 0)
			return print("libtrace-relay " LT_VERSION "\n");
		if (strncmp(*argv, listen, sizeof(listen) - 1) != 0 || (*value && *value != '='))
			return complain(*argv, "no such option");
		if (*ret_path)
			return complain(listen, "may be given once");
		*ret_path = *value ? value + 1 : *++argv;
		if (!*ret_path || !**ret_path)
			return complain(listen, "needs a path");
	}
	return -1;
}
