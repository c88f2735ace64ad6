/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.c - an exporter of one's own, which prints each span as a line of CSV.
 *
 *	$ ./exporter
 *	name,kind,attributes
 *	GET /stock,2,0
 *	checkout,0,1
 */
#include <libtrace/sdk.h>
#include <stdio.h>

static int print(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	(void)self;
	(void)timeout_ms;
	for (size_t i = 0; i < n; i++)
		printf("%.*s,%u,%u\n", (int)spans[i]->name.len, spans[i]->name.ptr,
			(unsigned)spans[i]->kind, (unsigned)spans[i]->attrs.n);
	return fflush(stdout) ? -1 : 0;
}

int main(void)
{
	static const struct lt_exporter_impl impl = {.export_spans = print};
	struct lt_exporter exporter = {&impl}; /* one with state has this as its first member */
	struct lt_provider_options options = {0};
	struct lt_provider *provider;

	if (lt_processor_batch_new(&exporter, NULL, &options.processor) ||
		lt_provider_new(&options, &provider))
		return 1;
	puts("name,kind,attributes");
	struct lt_tracer *tracer = lt_tracer_get(provider, "exporter", NULL);
	struct lt_span *span = lt_span_start(tracer, "checkout", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("order.item", "widget")));
	lt_span_end(lt_span_start(
		tracer, "GET /stock", &(struct lt_span_options){.kind = LT_KIND_CLIENT}));
	lt_span_end(span);
	lt_provider_free(provider);
	return 0;
}
