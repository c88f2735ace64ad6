/* SPDX-License-Identifier: Apache-2.0 */
#include "service_config.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "log.h"
#include "ready_probe.h"

#define THREADS_MAX 256u
#define DELAY_MAX_MS 3600000u /* an hour */
#define USAGE_ERROR 2

static const char *program_name = "service";

int config_complain(const char *setting, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: %s ", program_name, setting);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return USAGE_ERROR;
}

/* The processors that this process may run on. */
static unsigned count_processors(void)
{
	cpu_set_t set; /* up to 1,024; more threads than that are not wanted */

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	unsigned n = (unsigned)CPU_COUNT(&set);
	return n < THREADS_MAX ? n : THREADS_MAX;
}

/* --- reading ------------------------------------------------------------------------------ */

/* Settings of every program, including those with a command line of their own. */
static const char *format, *level, *environment;
static const struct config_setting log_settings[] = {
	{CONFIG_TEXT, "LOG_FORMAT", "text or json", .ret_text = &format, .text = ""},
	{CONFIG_TEXT, "LOG_LEVEL", "error, warn, info or debug", .ret_text = &level,
		.text = "info"},
	{CONFIG_TEXT, "ENV", "PROD: LOG_FORMAT is json when unset", .ret_text = &environment,
		.text = ""},
	{CONFIG_END},
};

static int read_setting(const struct config_setting *setting)
{
	const char *value = setting->name ? getenv(setting->name) : NULL;

	if (value && !*value)
		value = NULL;
	if (setting->kind == CONFIG_SWITCH)
		*setting->ret_given = false;
	else if (setting->kind == CONFIG_TEXT)
		*setting->ret_text = value ? value : setting->text;
	else if (!value)
		*setting->ret_number = setting->number;
	else if (!number_read(
			 value, strlen(value), setting->min, setting->max, setting->ret_number))
		return config_complain(setting->name,
			"must be a whole number from %u to %u, not \"%s\"", setting->min,
			setting->max, value);
	return -1;
}

static int read_settings(const struct config_setting *settings)
{
	for (; settings->kind != CONFIG_END; settings++) {
		int status = read_setting(settings);
		if (status >= 0)
			return status;
	}
	return -1;
}

static void print_settings(const struct config_setting *settings)
{
	for (; settings->kind != CONFIG_END; settings++) {
		char left[80];
		if (settings->kind == CONFIG_SWITCH)
			continue;
		if (settings->kind == CONFIG_TEXT)
			snprintf(left, sizeof(left), "%s=%s", settings->name, settings->text);
		else if (settings->number_help)
			snprintf(
				left, sizeof(left), "%s=%s", settings->name, settings->number_help);
		else
			snprintf(left, sizeof(left), "%s=%u", settings->name, settings->number);
		printf("  %-40s %s\n", left, settings->help);
	}
}

void config_print(const struct config_setting *settings)
{
	print_settings(settings);
	print_settings(log_settings);
}

static void print_help(const struct program *program, const struct config_setting *common,
	const struct config_setting *extra)
{
	printf("%s - %s\n\nUsage: %s [--help | --version | --ready]", program->name,
		program->summary, program->name);
	for (const struct config_setting *setting = extra; setting->kind != CONFIG_END; setting++) {
		if (setting->kind == CONFIG_SWITCH)
			printf(" [%s]", setting->option);
		else if (setting->option)
			printf(" [%s %s]", setting->option, setting->name);
	}
	printf("\n\n"
	       "Settings, by environment variable, with the values they have when unset:\n");
	print_settings(extra);
	config_print(common);
	printf("\n");
	for (const struct config_setting *setting = extra; setting->kind != CONFIG_END; setting++) {
		if (setting->kind == CONFIG_SWITCH)
			printf("%s: %s.\n", setting->option, setting->help);
	}
	printf("--ready: exits with 0 if the one that runs with these settings is ready, else "
	       "with 1.\n"
	       "SIGTERM or SIGINT: stop accepting, finish the requests, exit; the second one "
	       "quits at once.\n");
}

static int set_up_log(void)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};
	struct log_setup setup = {.service = program_name};

	if (!*format)
		setup.json = strcmp(environment, "PROD") == 0;
	else if (strcmp(format, "json") == 0)
		setup.json = true;
	else if (strcmp(format, "text") != 0)
		return config_complain("LOG_FORMAT", "must be text or json, not \"%s\"", format);

	unsigned i = 0;
	while (i < sizeof(levels) / sizeof(levels[0]) && strcmp(level, levels[i]) != 0)
		i++;
	if (i == sizeof(levels) / sizeof(levels[0]))
		return config_complain(
			"LOG_LEVEL", "must be error, warn, info or debug, not \"%s\"", level);
	setup.level = (enum log_level)i;
	log_setup(&setup);
	return -1;
}

int config_read(const char *name, const struct config_setting *settings)
{
	program_name = name;
	int status = read_settings(settings);
	if (status < 0)
		status = read_settings(log_settings);
	return status < 0 ? set_up_log() : status;
}

/* @return the value of a setting's option at argv[*at], after which *at is; NULL: it is none */
static const char *take_option(const struct config_setting *setting, char **argv, int *at)
{
	size_t len = setting->option ? strlen(setting->option) : 0;

	if (len == 0 || strncmp(argv[*at], setting->option, len) != 0)
		return NULL;
	if (argv[*at][len] == '=' && setting->kind == CONFIG_TEXT)
		return argv[(*at)++] + len + 1;
	if (argv[*at][len] != '\0')
		return NULL;
	if (setting->kind == CONFIG_SWITCH)
		return argv[(*at)++];
	const char *value = argv[*at + 1];
	*at += value ? 2 : 1;
	return value ? value : "";
}

/* Reads what follows argv[at - 1]. */
static int read_options(const struct config_setting *settings, char **argv, int at)
{
	while (argv[at]) {
		const struct config_setting *setting = settings;
		const char *value = NULL;
		for (; setting->kind != CONFIG_END; setting++) {
			if ((value = take_option(setting, argv, &at)))
				break;
		}
		if (!value)
			return config_complain(argv[at], "is not an option; see --help");
		if (!*value)
			return config_complain(setting->option, "needs a value; see --help");
		if (setting->kind == CONFIG_SWITCH)
			*setting->ret_given = true;
		else
			*setting->ret_text = value;
	}
	return -1;
}

int config_load(const struct program *program, const struct config_setting *extra, int argc,
	char **argv, struct config *ret_config)
{
	struct config config;
	const struct config_setting common[] = {
		{CONFIG_TEXT, "HOST", "address to listen on", .ret_text = &config.host,
			.text = "127.0.0.1"},
		{CONFIG_NUMBER, "PORT", "TCP port to listen on; 0: any free port",
			.ret_number = &config.port, .number = program->port, .max = 65535},
		{CONFIG_NUMBER, "THREADS", "event loops, one thread each",
			.ret_number = &config.n_threads, .number = count_processors(), .min = 1,
			.max = THREADS_MAX, .number_help = "(processors it may use)"},
		{CONFIG_NUMBER, "DRAIN_TIMEOUT_MS", "longest wait for answers after SIGTERM",
			.ret_number = &config.drain_timeout_ms, .number = 25000,
			.max = DELAY_MAX_MS},
		HTTP_LIMITS_REQUESTS("", config.limits),
		HTTP_LIMITS_CONNECTIONS("", config.limits),
		HTTP_LIMITS_LAG("", config.limits, program->lag_max_ms),
		HTTP_LIMITS_ANSWER("", config.limits),
		HTTP_LIMITS_BUFFER("", config.limits),
		{CONFIG_END},
	};
	int status;

	program_name = program->name;
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_help(program, common, extra);
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", program->name, SERVICES_VERSION);
		return 0;
	}
	bool is_probe = argc > 1 && strcmp(argv[1], "--ready") == 0;
	if ((status = read_settings(common)) >= 0 ||
		(status = config_read(program->name, extra)) >= 0 ||
		(status = read_options(extra, argv, 1 + is_probe)) >= 0)
		return status;
	if (is_probe)
		return ready_probe(program->name, config.host, config.port);
	*ret_config = config;
	return -1;
}
