/* SPDX-License-Identifier: Apache-2.0 */
/* trace_hpp.cpp - a C++ program with spans of its own: ends with 0 if all of them came as they should. */
#include <cstdio>
#include <libtrace/instrumentation.h>
#include <libtrace/propagation.h>
#include <libtrace/testing.h>
#include <libtrace/trace.hpp>
#include <stdexcept>
#include <utility>

static int n_wrong;

static void expect(bool holds, const char *what)
{
	if (!holds) {
		std::fprintf(stderr, "not so: %s\n", what);
		n_wrong++;
	}
}

static void reserve(lt_tracer *tracer)
{
	libtrace::span span(tracer, "reserve");
	libtrace::scope scope(span);
	expect(lt_span_current() == span, "the scope's span is current");
	span.set({lt_str("order.item", "dog"), lt_int("order.qty", 2)});
	throw std::runtime_error("sold out");
}

static void check_outer(lt_tracer *tracer)
{
	struct lt_span_options options = lt_span_options();
	options.kind = LT_KIND_SERVER;
	libtrace::span span(tracer, "order", &options), other;
	libtrace::scope scope(span);
	try {
		reserve(tracer);
	} catch (const std::runtime_error &error) {
		lt_span_exception(span, "std::runtime_error", error.what());
	}
	expect(lt_span_current() == span, "an exception left the inner scope");
	lt_span_set(span, LT_ATTRS(lt_bool("failed", true), lt_map("map", LT_ATTRS(lt_bytes("b", "x", 1),
		lt_array("a", LT_ATTRS(lt_double("", 0.5), lt_str("", "s")))))));
	span.event("retry", {lt_int("attempt", 2)});
	other = std::move(span);
	expect(!span && lt_span_is_recording(other), "a span moves");
	{
		LT_SCOPE(other);
		expect(lt_span_current() == other, "LT_SCOPE");
	}
	other.end();
}

int main()
{
	struct lt_exporter *exporter = nullptr;
	struct lt_provider_options options = lt_provider_options();
	struct lt_provider *provider = nullptr;
	if (lt_exporter_memory_new(&exporter) != 0 ||
		lt_processor_simple_new(exporter, &options.processor) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return 1;
	check_outer(lt_tracer_get(provider, "trace_hpp", "1"));
	const struct lt_span_data *outer = lt_exporter_memory_find(exporter, "order");
	const struct lt_span_data *inner = lt_exporter_memory_find(exporter, "reserve");
	expect(lt_exporter_memory_count(exporter) == 2 && outer && inner, "two spans have ended");
	if (outer && inner) {
		expect(memcmp(inner->parent_span_id, outer->context.span_id, 8) == 0, "the parent");
		expect(inner->attrs.n == 2 && outer->attrs.n == 2, "attributes");
		const struct lt_attr *map = lt_attributes_find(&outer->attrs, "map");
		const struct lt_attr *array = lt_map_find(map, "a");
		expect(array && array->n_items == 2 && array->value.attrs[0].value.number == 0.5,
			"values in each other");
		expect(outer->n_events == 2 && outer->kind == LT_KIND_SERVER, "events, kind");
	}
	lt_provider_free(provider);
	return n_wrong ? 1 : 0;
}
