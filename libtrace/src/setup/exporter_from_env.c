/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/exporter_from_env.h"

#include "util/config.h"

int lt_exporter_from_env(struct lt_exporter **ret_exporter, enum lt_exporter_kind *ret_kind)
{
	static const char *const words[] = {[LT_EXPORTER_OTLP] = "otlp",
		[LT_EXPORTER_CONSOLE] = "console",
		[LT_EXPORTER_NONE] = "none"};
	*ret_exporter = NULL;
	*ret_kind = (enum lt_exporter_kind)lt_config_word(
		"OTEL_TRACES_EXPORTER", words, LT_EXPORTER_NONE + 1, LT_EXPORTER_OTLP);
	if (*ret_kind == LT_EXPORTER_OTLP)
		return lt_exporter_otlp_http_new(NULL, ret_exporter);
	return *ret_kind == LT_EXPORTER_CONSOLE ? lt_exporter_console_new(ret_exporter) : 0;
}
