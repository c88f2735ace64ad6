/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - lists, pairs and numbers of environment variables. */
#include "fuzz.h"
#include "util/config.h"

#include <libtrace/sdk.h>
#include <stdlib.h>

static void ignore_report(enum lt_level level, const char *text, void *user)
{
}

static void read_pairs(char *text)
{
	struct lt_config_pair pair;
	int n;
	while ((n = lt_config_next_pair(&text, &pair)) != 0)
		if (n > 0 && *pair.key == '\0')
			abort();
}

static void read_items(const char *text)
{
	struct lt_slice list = lt_slice(text), item;
	while (lt_config_next_item(&list, &item))
		if (item.len == 0 || memchr(item.ptr, ',', item.len))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lt_set_report_handler(ignore_report, NULL);
	char *text = strndup((const char *)data, size);
	setenv("OTEL_X", text, 1);
	double ratio = lt_config_ratio("OTEL_X");
	if (!(ratio >= 0 && ratio <= 1) || lt_config_uint("OTEL_X", 7, 5, 9) > 9)
		abort();
	read_items(text);
	read_pairs(text);
	free(text);
	return 0;
}
