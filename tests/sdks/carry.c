/* SPDX-License-Identifier: Apache-2.0 */
/* carry.c - takes headers, "name: value" a line, from standard input, starts a span below what they
 * say, and prints the headers of a request that this span makes, in the format of OTEL_PROPAGATORS;
 * before them its parent's id, or "-".  Adds "by=c" to the baggage. */
#include <libtrace/context.h>
#include <libtrace/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define LINES_MAX 16

static char lines[LINES_MAX][9000];
static size_t n_lines;

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	size_t len = strlen(key);
	for (size_t i = 0; i < n_lines; i++)
		if (strncasecmp(lines[i], key, len) == 0 && lines[i][len] == ':' && index-- == 0) {
			*ret_value = lt_slice(lines[i] + len + 2);
			return true;
		}
	return false;
}

static int set(void *carrier, const char *key, const char *value)
{
	printf("%s: %s\n", key, value);
	return 0;
}

static const struct lt_carrier_impl impl = {get, set};

static void read_lines(void)
{
	while (n_lines < LINES_MAX && fgets(lines[n_lines], sizeof(lines[0]), stdin)) {
		lines[n_lines][strcspn(lines[n_lines], "\n")] = '\0';
		n_lines++;
	}
}

static void request(struct lt_tracer *tracer)
{
	struct lt_scope with_span, with_baggage;
	struct lt_baggage *baggage = NULL;
	struct lt_span *span = lt_span_start(tracer, "c", NULL);
	lt_scope_enter(&with_span, span);
	if (lt_baggage_set(lt_baggage_current(), "by", "c", NULL, &baggage) != 0)
		exit(EXIT_FAILURE);
	lt_scope_enter_baggage(&with_baggage, baggage);
	lt_baggage_release(baggage);
	lt_inject(&impl, NULL, NULL);
	lt_scope_leave(&with_span);
	lt_span_end(span);
}

static void print_parent(struct lt_context *caller)
{
	struct lt_span_context context = lt_span_get_context(lt_context_span(caller));
	struct lt_ids ids = lt_span_context_ids(&context);
	puts(ids.span_id[0] ? ids.span_id : "-");
}

int main(void)
{
	struct lt_provider_options options = {0};
	struct lt_exporter *exporter;
	struct lt_provider *provider;
	struct lt_scope scope;
	read_lines();
	if (lt_exporter_memory_new(&exporter) != 0 ||
		lt_processor_simple_new(exporter, &options.processor) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return EXIT_FAILURE;
	struct lt_context *caller = lt_context_extract(NULL, &impl, NULL);
	print_parent(caller);
	lt_scope_enter_context(&scope, caller);
	request(lt_tracer_get(provider, "carry", NULL));
	lt_scope_leave(&scope);
	lt_context_release(caller);
	lt_provider_free(provider);
	return EXIT_SUCCESS;
}
