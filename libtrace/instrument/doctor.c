/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - see doctor.h. */
#include "doctor.h"
#include "endpoint.h"
#include "h2o_soname.h"
#include "libraries.h"
#include "preload.h"
#include "program.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_LIBRARIES 512 /* more are not looked at */

static void say(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const char *topic, const char *format, ...)
{
	va_list arguments;

	printf("%-10s ", topic);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static const struct library *find(const struct library *libraries, int n, const char *start)
{
	for (int i = 0; i < n; i++) {
		if (begins(libraries[i].name, start))
			return &libraries[i];
	}
	return NULL;
}

/* SERVER spans; returns whether there would be any. */
static bool examine_h2o(const struct program *program, const struct library *libraries, int n)
{
	const struct library *h2o = find(libraries, n, "libh2o");

	if (h2o && strcmp(h2o->name, H2O_SONAME) == 0) {
		say("server", "yes: %s (%s)", h2o->name, h2o->path);
		return true;
	}
	if (h2o)
		say("server", "no: it has %s, this agent knows %s", h2o->name, H2O_SONAME);
	else if (program->defines_h2o)
		say("server", "no: libh2o is linked into it statically; link it shared");
	else
		say("server", "no: it does not start with libh2o");
	return false;
}

/* CLIENT spans, likewise; there may be several flavours of libcurl. */
static bool examine_curl(const struct program *program, const struct library *libraries, int n)
{
	bool found = false;

	for (int i = 0; i < n; i++) {
		if (!begins(libraries[i].name, "libcurl"))
			continue;
		say("client", "yes: %s (%s)", libraries[i].name, libraries[i].path);
		found = true;
	}
	if (!found && program->defines_curl)
		say("client", "no: libcurl is linked into it statically; link it shared");
	else if (!found)
		say("client", "no: it does not start with libcurl");
	return found;
}

static bool examine(const struct program *program)
{
	static struct library libraries[MAX_LIBRARIES];
	char agent[PATH_MAX], complaint[256];

	int err = preload_find_agent(agent);
	if (err) {
		say("agent", "%s", preload_explain(err));
		return false;
	}
	int n = libraries_list(program->dynamic_linker, program->path, agent, libraries,
		MAX_LIBRARIES, complaint, sizeof(complaint));
	if (n < 0 || !find(libraries, n, LIBRARIES_CORE)) {
		say("agent", "%s does not load into it: %s", agent,
			complaint[0] ? complaint
			: n < 0	     ? strerror(-n)
				     : "reason unknown");
		return false;
	}
	say("agent", "%s loads into it", agent);
	const bool serves = examine_h2o(program, libraries, n);
	const bool asks = examine_curl(program, libraries, n);
	if (!serves && !asks)
		say("", "(Libraries that it loads later, and programs that it starts, are "
			"traced.)");
	return serves || asks;
}

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All OTEL_* variables; headers and keys are secrets. */
static void print_settings(void)
{
	char *set[256];
	size_t n = 0;

	for (char **entry = environ; *entry; entry++) {
		if (begins(*entry, "OTEL_") && n < sizeof(set) / sizeof(set[0]))
			set[n++] = *entry;
	}
	qsort(set, n, sizeof(set[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		const int len = (int)strcspn(set[i], "=");
		if (len >= 7 && begins(set[i] + len - 7, "HEADERS") &&
			!strstr(set[i], "_RESPONSE_"))
			say("setting", "%.*s=(not shown)", len, set[i]);
		else
			say("setting", "%s", set[i]);
	}
	if (n == 0)
		say("setting", "no OTEL_* variable is set: the defaults hold");
}

static bool examine_export(void)
{
	const char *exporter = setting("OTEL_TRACES_EXPORTER", "otlp");
	char url[1024], text[256];

	if (strcasecmp(setting("OTEL_SDK_DISABLED", "false"), "true") == 0) {
		say("export", "no: OTEL_SDK_DISABLED is true");
		return false;
	}
	if (strcasecmp(exporter, "otlp") != 0) {
		say("export", "%s (OTEL_TRACES_EXPORTER)", exporter);
		return strcasecmp(exporter, "none") != 0;
	}
	if (endpoint_url(url, sizeof(url)))
		snprintf(url, sizeof(url), "the OTLP endpoint");
	const bool answers = endpoint_answers(text, sizeof(text));
	say("export", "%s: %s %s", answers ? "yes" : "no", url, text);
	return answers;
}

int doctor(const char *name)
{
	struct program program;

	int err = program_read(name, &program);
	if (err) {
		fprintf(stderr, "libtrace-instrument: %s: %s\n", name, strerror(-err));
		return err == -ENOENT ? 127 : 126;
	}
	if (program.script[0])
		say("program", "%s, a script that %s runs", program.script, program.path);
	else
		say("program", "%s", program.path);

	const char *reason = program_reason(program.reach);
	bool traced = false;
	if (reason)
		say("agent", "does not get in: %s", reason);
	else
		traced = examine(&program);
	say("service", "%s", setting("OTEL_SERVICE_NAME", "unknown_service (set --service-name)"));
	print_settings();
	const bool arrives = examine_export();
	say("verdict", "%s",
		!traced	   ? "it would not be traced"
		: !arrives ? "it would be traced, but its spans would not arrive"
			   : "it would be traced");
	return traced && arrives ? 0 : 1;
}
