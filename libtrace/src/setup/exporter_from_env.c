/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/exporter_from_env.h"

#include "util/config.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <stdlib.h>

static const char *const words[LT_EXPORTER_KINDS] = {[LT_EXPORTER_OTLP] = "otlp",
	[LT_EXPORTER_CONSOLE] = "console",
	[LT_EXPORTER_STDOUT] = "otlp/stdout",
	[LT_EXPORTER_FILE] = "otlp/file"};

static enum lt_exporter_kind kind_of(struct lt_slice word)
{
	int kind = 0;
	while (kind < LT_EXPORTER_KINDS && !lt_slice_is_word(word, words[kind]))
		kind++;
	return (enum lt_exporter_kind)kind;
}

static void add(
	enum lt_exporter_kind kinds[LT_EXPORTER_KINDS], size_t *n, enum lt_exporter_kind kind)
{
	for (size_t i = 0; i < *n; i++) {
		if (kinds[i] == kind)
			return;
	}
	kinds[(*n)++] = kind;
}

size_t lt_exporter_kinds_from_env(enum lt_exporter_kind ret_kinds[LT_EXPORTER_KINDS])
{
	struct lt_slice list = lt_config_text("OTEL_TRACES_EXPORTER"), word;
	bool has_none = false;
	size_t n = 0;
	while (lt_config_next_item(&list, &word)) {
		enum lt_exporter_kind kind = kind_of(word);
		if (lt_slice_is_word(word, "none"))
			has_none = true;
		else if (kind < LT_EXPORTER_KINDS)
			add(ret_kinds, &n, kind);
		else
			lt_report(LT_LEVEL_WARN,
				"OTEL_TRACES_EXPORTER: \"%.*s\" is none of otlp, console, "
				"otlp/stdout, "
				"otlp/file, none; left out",
				(int)word.len, word.ptr);
	}
	if (has_none && n)
		lt_report(LT_LEVEL_WARN, "OTEL_TRACES_EXPORTER: none, with others, is left out");
	if (!n && !has_none)
		ret_kinds[n++] = LT_EXPORTER_OTLP;
	return n;
}

bool lt_exporter_is_otlp_alone(void)
{
	enum lt_exporter_kind kinds[LT_EXPORTER_KINDS];
	return lt_exporter_kinds_from_env(kinds) == 1 && kinds[0] == LT_EXPORTER_OTLP;
}

static int file_from_env(struct lt_exporter **ret_exporter)
{
	char *path = lt_config_copy("OTEL_C_OTLP_FILE");
	int err = lt_exporter_file_new(path, ret_exporter);
	free(path);
	return err;
}

int lt_exporter_from_env(enum lt_exporter_kind kind, struct lt_exporter **ret_exporter)
{
	switch (kind) {
	case LT_EXPORTER_OTLP:
		return lt_exporter_otlp_http_new(NULL, ret_exporter);
	case LT_EXPORTER_CONSOLE:
		return lt_exporter_console_new(ret_exporter);
	case LT_EXPORTER_STDOUT:
		return lt_exporter_file_new("-", ret_exporter);
	case LT_EXPORTER_FILE:
		return file_from_env(ret_exporter);
	default:
		return -EINVAL;
	}
}
