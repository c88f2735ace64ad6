/* SPDX-License-Identifier: Apache-2.0 */
/* A trace of two spans: an order, and within it what took the time. */
#include <libtrace/sdk.h>
#include <stdio.h>
#include <unistd.h>

static void check_inventory(const char *item)
{
	struct lt_span *span =
		lt_span_start(lt_tracer_get(NULL, "shop", NULL), "check_inventory", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("item", item)));
	usleep(100 * 1000); /* the work */
	lt_span_end(span);
}

int main(void)
{
	struct lt_provider *provider;
	if (lt_provider_new(NULL, &provider)) /* by the OTEL_* variables */
		return 1;
	lt_provider_set_global(provider);
	struct lt_span *span = lt_span_start(lt_tracer_get(NULL, "shop", NULL), "order", NULL);
	{
		LT_SCOPE(span); /* until the block's end, spans become its children */
		check_inventory("widget");
	}
	lt_span_end(span);
	puts("ordered: widget");
	lt_provider_set_global(NULL);
	lt_provider_free(provider); /* exports what is left */
	return 0;
}
