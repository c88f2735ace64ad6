/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the plugin of unloading.c: it loads libtrace and does not shut it down. */
#include <libtrace/sdk.h>

LT_API int trace_something(void);

int trace_something(void)
{
	struct lt_provider *provider = lt_provider_global();
	struct lt_scope never_left;
	if (!provider && lt_provider_new(NULL, &provider) != 0)
		return -1;
	lt_provider_set_global(provider);
	struct lt_span *span = lt_span_start(lt_tracer_get(NULL, "plugin", "1"), "work", NULL);
	lt_scope_enter(&never_left, span);
	lt_span_set(span, LT_ATTRS(lt_str("a.key", "of the plugin's")));
	lt_span_end(span);
	return 0;
}
