/* SPDX-License-Identifier: Apache-2.0 */
/* unit_test.c - a test of what a function records: its spans stay in memory and are compared with a
 * text.  Here the second one fails.
 *
 *	$ ./unit_test
 *	an order that is paid: ok
 *	spans (- expected, + recorded):
 *	- pay | order.item=widget
 *	+ pay | ERROR: no money | order.item=gadget
 *	an order that is not: failed
 */
#include <libtrace/testing.h>
#include <stdio.h>

static void pay(const char *item, bool has_money) /* what is tested */
{
	struct lt_span *span = lt_span_start(lt_tracer_get(NULL, "shop", NULL), "pay", NULL);

	lt_span_set(span, LT_ATTRS(lt_str("order.item", item)));
	if (!has_money)
		lt_span_status(span, LT_STATUS_ERROR, "no money");
	lt_span_end(span);
}

int main(void)
{
	struct lt_exporter *memory;
	struct lt_provider_options options = {0};
	struct lt_provider *provider;

	if (lt_exporter_memory_new(&memory) ||
		lt_processor_simple_new(memory, &options.processor) ||
		lt_provider_new(&options, &provider))
		return 1;
	lt_provider_set_global(provider);

	pay("widget", true);
	bool is_ok = lt_exporter_memory_expect(memory, "pay | order.item=widget\n");
	fprintf(stderr, "an order that is paid: %s\n", is_ok ? "ok" : "failed");
	lt_exporter_memory_reset(memory);

	pay("gadget", false);
	is_ok = lt_exporter_memory_expect(memory, "pay | order.item=widget\n");
	fprintf(stderr, "an order that is not: %s\n", is_ok ? "ok" : "failed");
	lt_provider_set_global(NULL);
	lt_provider_free(provider);
	return 0;
}
