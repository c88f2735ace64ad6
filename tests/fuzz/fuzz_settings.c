/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_settings.c - a service's settings, a value a line, as its environment may have them. */
#include "fuzz.h"
#include "service_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned number, delay_ms;
static const char *host;
static const struct config_setting settings[] = {
	{CONFIG_NUMBER, "PORT", "", .ret_number = &number, .number = 8000, .max = 65535},
	{CONFIG_NUMBER, "DELAY_MS", "", .ret_number = &delay_ms, .number = 7, .min = 5,
		.max = 3600000},
	{CONFIG_TEXT, "HOST", "", .ret_text = &host, .text = "localhost"},
	{CONFIG_END},
};
static const char *const names[] = {"PORT", "DELAY_MS", "HOST", "LOG_FORMAT", "LOG_LEVEL", "ENV"};

/* What is taken is the number that the text is. */
static void must_be(const char *name, unsigned read, unsigned otherwise)
{
	const char *text = getenv(name);
	if (read != (text && *text ? strtoul(text, NULL, 10) : otherwise))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	if (!nowhere && !(nowhere = fopen("/dev/null", "w")))
		abort();
	char *text = strndup((const char *)data, size), *rest = text;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *line = strsep(&rest, "\n");
		setenv(names[i], line ? line : "", 1);
	}
	free(text);

	FILE *errors = stderr;
	stderr = nowhere;
	int status = config_read("fuzz", settings);
	stderr = errors;
	if (status >= 0)
		return 0;
	if (number > 65535 || delay_ms < 5 || delay_ms > 3600000 || !*host)
		abort();
	must_be("PORT", number, 8000);
	must_be("DELAY_MS", delay_ms, 7);
	return 0;
}
