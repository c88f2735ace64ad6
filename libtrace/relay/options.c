/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "listen.h"

#include <libtrace/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: libtrace-relay [--stay] --listen PATH | --wait PATH\n"
	"\n"
	"Sends the spans of programs that run under libtrace-instrument or the agent, also\n"
	"in other containers, where they find it by OTEL_C_RELAY=PATH.\n"
	"\n"
	"  --listen PATH  listen on a Unix socket there, until SIGTERM or SIGINT\n"
	"  --stay         do not end where it cannot listen or send, but wait for a signal\n"
	"  --wait PATH    return once a relay listens there, or after 5 s\n"
	"  --version      print the version\n"
	"  --help         print this\n"
	"\n"
	"A program needs the token: OTEL_C_RELAY_TOKEN, 32 hexadecimal digits or a UUID, of the\n"
	"relay's environment and its own; where that is not set, the relay writes a random one to\n"
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

static bool is_option(const char *word, const char *name)
{
	size_t len = strlen(name);
	return strncmp(word, name, len) == 0 && (!word[len] || word[len] == '=');
}

int options_read(char **argv, struct options *ret_options)
{
	static const char *const names[] = {"--listen", "--wait"};
	const char *name = NULL, *path = NULL;
	bool stays = false;
	for (argv++; *argv; argv++) {
		if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
			return print(help);
		if (strcmp(*argv, "--version") == 0)
			return print("libtrace-relay " LT_VERSION "\n");
		if (strcmp(*argv, "--stay") == 0) {
			stays = true;
			continue;
		}
		if (!is_option(*argv, names[0]) && !is_option(*argv, names[1]))
			return complain(*argv, "no such option");
		if (name)
			return complain(name, "may be given once");
		name = is_option(*argv, names[0]) ? names[0] : names[1];
		path = (*argv)[strlen(name)] ? *argv + strlen(name) + 1 : *++argv;
		if (!path || !*path)
			return complain(name, "needs a path");
	}
	if (name == names[1])
		return listen_wait(path) == 0 ? EXIT_SUCCESS : EXIT_USAGE;
	if (stays && !path)
		return complain("--stay", "goes with --listen");
	*ret_options = (struct options){.path = path, .stays = stays};
	return -1;
}
