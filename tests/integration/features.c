/* SPDX-License-Identifier: Apache-2.0 */
/* features.c - makes a span of everything that the API can record, with ids and times of its own, and exports them as the
 * environment says: what features.py expects to be decoded by others. */
#include <libtrace/sdk.h>
#include <math.h>
#include <stdlib.h>

#define START_NS 1700000000000000000u
#define TIMEOUT_MS 10000

/* 01 02 ... 10, and 1, 2, 3 for the spans. */
static void next_trace_id(struct lt_id_generator *self, uint8_t ret_trace_id[16])
{
	for (int i = 0; i < 16; i++)
		ret_trace_id[i] = (uint8_t)(i + 1);
}

static void next_span_id(struct lt_id_generator *self, uint8_t ret_span_id[8])
{
	static uint8_t n_spans;
	memset(ret_span_id, 0, 8);
	ret_span_id[7] = ++n_spans;
}

static struct lt_id_generator *counting(void)
{
	static const struct lt_id_generator_impl impl = {
		.trace_id = next_trace_id, .span_id = next_span_id};
	static struct lt_id_generator generator = {&impl};
	return &generator;
}

static struct lt_span *start(
	struct lt_tracer *tracer, const char *name, struct lt_span_options options)
{
	options.start_ns = START_NS;
	return lt_span_start(tracer, name, &options);
}

static void end(struct lt_span *span)
{
	lt_span_end_at(span, START_NS + 1000000);
}

static struct lt_span_context remote_context(uint8_t flags, const char *tracestate)
{
	struct lt_span_context context = {.flags = flags, .remote = true};
	memset(context.trace_id, 0xa1, sizeof(context.trace_id));
	memset(context.span_id, 0xb2, sizeof(context.span_id));
	strcpy(context.tracestate, tracestate);
	return context;
}

static void record_values(struct lt_tracer *tracer)
{
	const struct lt_slice texts[] = {lt_slice("a"), lt_slice(""), lt_slice("\xc3\xbc")};
	const bool booleans[] = {true, false};
	const int64_t integers[] = {INT64_MIN, -1, 0, INT64_MAX};
	const double numbers[] = {0.5, -0.0, INFINITY, 5e-324};
	struct lt_span *span =
		start(tracer, "v\xc3\xa4lues", (struct lt_span_options){.root = true});
	lt_span_set(span,
		LT_ATTRS(lt_str("text", "v\xc3\xa4lue \xf0\x9f\x98\x80 \"\\\n\x01"),
			lt_str("empty", ""), lt_str("not UTF-8", "a\xff"), lt_bool("true", true),
			lt_bool("false", false), lt_int("zero", 0), lt_int("largest", INT64_MAX),
			lt_int("smallest", INT64_MIN), lt_double("half", 0.5),
			lt_double("tenth", 0.1), lt_double("not a number", NAN),
			lt_double("infinity", -INFINITY),
			lt_double("largest double", 1.7976931348623157e308),
			lt_str("", "without a key"), lt_str("absent", NULL), lt_int("twice", 1)));
	lt_span_set(
		span, LT_ATTRS(lt_int("twice", 2), lt_strs("texts", texts, 3),
			      lt_bools("booleans", booleans, 2), lt_ints("integers", integers, 4),
			      lt_doubles("numbers", numbers, 4), lt_strs("no texts", texts, 0)));
	lt_span_set(span,
		LT_ATTRS(lt_bytes("bytes", "\x00\xff\x7f", 3), lt_bytes("no bytes", NULL, 0),
			lt_bytes("too many bytes", "abcdefghijklmnopqrstuvwxyz", 26),
			lt_array("mixed", LT_ATTRS(lt_str("", "a"), lt_int("", 1), lt_str("", NULL),
						  lt_bytes("", "b", 1), lt_array("", NULL, 0),
						  lt_map("", LT_ATTRS(lt_bool("in", true))))),
			lt_map("map", LT_ATTRS(lt_str("text", "v\xc3\xa4lue"), lt_double("n", 1.5),
					      lt_ints("integers", integers, 2),
					      lt_map("none", NULL, 0)))));
	end(span);
}

static void record_kinds(struct lt_tracer *tracer)
{
	static const char *const names[] = {"internal", "server", "client", "producer", "consumer"};
	struct lt_span_context parent = remote_context(LT_FLAG_SAMPLED | LT_FLAG_RANDOM, "a=1,b=2");
	for (int kind = LT_KIND_INTERNAL; kind <= LT_KIND_CONSUMER; kind++)
		end(start(tracer, names[kind],
			(struct lt_span_options){.parent = &parent, .kind = (enum lt_kind)kind}));
}

static void record_statuses(struct lt_tracer *tracer)
{
	struct lt_span *parent = start(tracer, "ok", (struct lt_span_options){.root = true});
	struct lt_span_context context = lt_span_get_context(parent);
	struct lt_span *error =
		start(tracer, "error", (struct lt_span_options){.parent = &context});
	lt_span_status(error, LT_STATUS_ERROR, "it f\xc3\xa4iled");
	lt_span_status(parent, LT_STATUS_OK, "not kept");
	end(error);
	end(parent);
}

static void record_events_and_links(struct lt_tracer *tracer)
{
	struct lt_span_context state = remote_context(LT_FLAG_SAMPLED, "a=1"),
			       plain = remote_context(0, "");
	struct lt_link link = {
		state, LT_ATTRS(lt_str("link", "first"), lt_map("map", LT_ATTRS(lt_int("of", 1))))};
	struct lt_span *span = start(tracer, "events and links",
		(struct lt_span_options){.root = true, .links = &link, .n_links = 1});
	plain.remote = false;
	lt_span_link(span, &plain, NULL, 0);
	lt_span_event_at(span, START_NS + 1, "first",
		LT_ATTRS(lt_str("event", "text"), lt_bytes("bytes", "\x01", 1)));
	lt_span_event_at(span, START_NS + 2, "second", NULL, 0);
	end(span);
}

/* Of each more than main() allows. */
static void record_too_much(struct lt_tracer *tracer)
{
	struct lt_span_context context = remote_context(0, "");
	struct lt_span *span = start(tracer, "too much", (struct lt_span_options){.root = true});
	for (char key[] = "a"; *key <= 'z'; ++*key)
		lt_span_set(span, LT_ATTRS(lt_int(key, *key)));
	for (int i = 0; i < 5; i++) {
		lt_span_event_at(span, START_NS, "event",
			LT_ATTRS(lt_int("a", i), lt_int("b", i), lt_int("c", i)));
		lt_span_link(span, &context,
			LT_ATTRS(lt_int("a", i), lt_int("b", i), lt_int("c", i), lt_int("d", i)));
	}
	end(span);
	span = start(tracer, "too long", (struct lt_span_options){.root = true});
	lt_span_set(span, LT_ATTRS(lt_str("text", "twenty-four characters, \xc3\xa4nd more")));
	end(span);
}

int main(void)
{
	const struct lt_attr scope_attrs[] = {lt_str("scope", "attribute"), lt_bool("is", true),
		lt_map("map", LT_ATTRS(lt_int("of", 1)))};
	struct lt_instrumentation_scope scope = {lt_slice("scope"), lt_slice("1.2"),
		lt_slice("https://example.com/schemas/1.0"), scope_attrs, 3};
	struct lt_provider_options options = {
		.id_generator = counting(),
		.limits = {.attr_count = 24,
			.attr_value_length = 24,
			.event_count = 4,
			.link_count = 3,
			.event_attr_count = 2,
			.link_attr_count = 3},
	};
	struct lt_provider *provider;
	if (lt_resource_create(LT_ATTRS(lt_str("service.name", "features"), lt_int("an.integer", 7),
				       lt_bytes("bytes", "\x01", 1)),
		    "https://example.com/schemas/2.0", &options.resource) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return EXIT_FAILURE;
	struct lt_tracer *tracer = lt_tracer_get_scope(provider, &scope);
	record_values(tracer);
	record_kinds(tracer);
	record_statuses(tracer);
	record_events_and_links(tracer);
	record_too_much(lt_tracer_get(provider, "another", NULL));
	int err = lt_provider_shutdown(provider, TIMEOUT_MS);
	lt_provider_free(provider);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
