/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json.c - reads an ExportTraceServiceRequest in JSON. */
#include "otlp/otlp_json.h"

#include "otlp/json_load.h"
#include "otlp/otlp_json_split.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
	struct json_decoder decoder;
	struct otlp_sink *sink;
	struct buffer encoded; /* the current part's protobuf */
	struct json_split split;
	bool has_snake_case;
};

static const char *const kind_names[KIND_COUNT] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
	"SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
static const char *const status_names[STATUS_COUNT] = {
	"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};

static bool decode_events(struct json_decoder *d, const json_t *json, struct span *span)
{
	json_t *array;
	size_t n;
	if (!json_get_array(d, json, "events", &array, &n))
		return false;
	span->events = json_decoder_array(d, n, sizeof(*span->events));
	while (!d->error && span->n_events < n) {
		const json_t *item = json_array_get(array, span->n_events);
		struct event *event = &span->events[span->n_events++];
		if (!json_is_object(item))
			return json_decoder_fail(d, "events", "an array of objects");
		json_get_uint64(d, item, "timeUnixNano", &event->time_ns);
		json_get_string(d, item, "name", &event->name);
		json_get_attrs(d, item, "attributes", &event->attrs);
		json_get_uint32(d, item, "droppedAttributesCount", &event->n_dropped_attrs);
	}
	return !d->error;
}

static bool decode_links(struct json_decoder *d, const json_t *json, struct span *span)
{
	json_t *array;
	size_t n;
	if (!json_get_array(d, json, "links", &array, &n))
		return false;
	span->links = json_decoder_array(d, n, sizeof(*span->links));
	while (!d->error && span->n_links < n) {
		const json_t *item = json_array_get(array, span->n_links);
		struct link *link = &span->links[span->n_links++];
		if (!json_is_object(item))
			return json_decoder_fail(d, "links", "an array of objects");
		span->ids_well_formed &= json_get_id(item, "traceId", link->trace_id, 16);
		span->ids_well_formed &= json_get_id(item, "spanId", link->span_id, 8);
		json_get_string(d, item, "traceState", &link->trace_state);
		json_get_attrs(d, item, "attributes", &link->attrs);
		json_get_uint32(d, item, "droppedAttributesCount", &link->n_dropped_attrs);
		json_get_uint32(d, item, "flags", &link->flags);
	}
	return !d->error;
}

static bool decode_span(struct json_decoder *d, const json_t *json, struct span *span)
{
	*span = (struct span){.ids_well_formed = true};
	span->ids_well_formed &= json_get_id(json, "traceId", span->trace_id, 16);
	span->ids_well_formed &= json_get_id(json, "spanId", span->span_id, 8);
	span->ids_well_formed &= json_get_id(json, "parentSpanId", span->parent_id, 8);
	json_get_string(d, json, "traceState", &span->trace_state);
	json_get_uint32(d, json, "flags", &span->flags);
	json_get_string(d, json, "name", &span->name);
	json_get_enum(d, json, "kind", kind_names, KIND_COUNT, &span->kind);
	json_get_uint64(d, json, "startTimeUnixNano", &span->start_ns);
	json_get_uint64(d, json, "endTimeUnixNano", &span->end_ns);
	json_get_attrs(d, json, "attributes", &span->attrs);
	json_get_uint32(d, json, "droppedAttributesCount", &span->n_dropped_attrs);
	json_get_uint32(d, json, "droppedEventsCount", &span->n_dropped_events);
	json_get_uint32(d, json, "droppedLinksCount", &span->n_dropped_links);
	const json_t *status;
	json_get_object(d, json, "status", &status);
	json_get_string(d, status, "message", &span->status_message);
	json_get_enum(d, status, "code", status_names, STATUS_COUNT, &span->status);
	return decode_events(d, json, span) && decode_links(d, json, span);
}

/* Starts a part and reuses the memory of the one before. */
static void begin_part(struct reader *r)
{
	arena_reset(r->decoder.arena);
	r->encoded.len = 0;
}

/* The result of decoding and encoding a part. */
static int part_error(const struct reader *r)
{
	if (r->decoder.error || !r->encoded.failed)
		return r->decoder.error;
	return r->encoded.out_of_memory ? -ENOMEM : -EMSGSIZE;
}

/* The error has been dealt with: the next one has a text of its own. */
static void forget_error(struct reader *r)
{
	r->decoder.error = 0;
	*r->decoder.why = '\0';
}

/* Rejects n spans because of an attribute of theirs, their resource or their scope. */
static void reject(struct reader *r, size_t n, int err)
{
	char why[JSON_WHY_BYTES + 40];
	if (n == 0)
		return;
	snprintf(why, sizeof(why), "%s%s%s", otlp_attribute_error(err),
		err == OTLP_BAD_ATTRIBUTE ? ": " : "",
		err == OTLP_BAD_ATTRIBUTE ? r->decoder.why : "");
	r->sink->reject(r->sink, n, why);
}

static bool is_attribute_error(int err)
{
	return err == OTLP_BAD_ATTRIBUTE || err == OTLP_DEEP_ATTRIBUTE;
}

static int read_span(struct reader *r, const json_t *json)
{
	struct span span = {.ids_well_formed = false};
	begin_part(r);
	if (!json_is_object(json))
		json_decoder_fail(&r->decoder, "spans", "an array of objects");
	else if (decode_span(&r->decoder, json, &span))
		otlp_encode_span(&r->encoded, &span);
	/* The strings of the sink's span must point into the message, not into the tree, so it is
	 * decoded again. A malformed id is not encoded: only the tree shows it. */
	bool ids_well_formed = span.ids_well_formed;
	int err = part_error(r);
	if (is_attribute_error(err)) {
		reject(r, 1, err);
		forget_error(r);
		return 0;
	}
	if (!err) {
		err = otlp_decode_span(buffer_slice(&r->encoded), r->decoder.arena, &span);
		span.ids_well_formed &= ids_well_formed;
	}
	return err ? err : r->sink->span(r->sink, buffer_slice(&r->encoded), &span);
}

/* @param at  where the text is in the request, for the message */
static int parse(struct reader *r, struct lt_slice text, size_t at, json_t **ret_json)
{
	json_error_t error;
	int err = json_load(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error, ret_json);
	if (err) {
		size_t position = text.ptr == r->split.rest.data
					  ? json_split_position(&r->split, (size_t)error.position)
					  : at + (size_t)error.position;
		snprintf(r->decoder.why, JSON_WHY_BYTES, "%s at byte %zu", error.text, position);
		return err;
	}
	if (r->has_snake_case)
		err = json_names_to_camel_case(*ret_json);
	if (err)
		json_decref(*ret_json);
	return err;
}

/* A span that was cut out of the request, by its number. */
static int read_piece(struct reader *r, const json_t *number)
{
	size_t i = json_is_integer(number) ? (size_t)json_integer_value(number) : SIZE_MAX;
	struct json_piece *piece = i < r->split.n ? &r->split.pieces[i] : NULL;
	json_t *json;
	if (!piece ||
		piece->is_used) /* one that was left there, since its array is "sp\u0061ns", say */
		return read_span(r, number);
	piece->is_used = true;
	int err = parse(r, piece->text, (size_t)(piece->text.ptr - r->split.text.ptr), &json);
	if (err)
		return err;
	err = read_span(r, json);
	json_decref(json);
	return err;
}

/* Rejects all spans of a scope without decoding them. */
static void reject_spans_of(struct reader *r, const json_t *scope_spans, int err)
{
	reject(r, json_array_size(json_object_get(scope_spans, "spans")), err);
}

static int reject_scope_spans(struct reader *r, const json_t *json, int err)
{
	reject_spans_of(r, json, err);
	forget_error(r);
	return 0;
}

static int read_scope_spans(struct reader *r, const json_t *json)
{
	struct json_decoder *d = &r->decoder;
	struct lt_slice schema_url = {"", 0};
	struct scope scope = {.n_dropped_attrs = 0};
	const json_t *owner;
	begin_part(r);
	if (!json_is_object(json))
		json_decoder_fail(d, "scopeSpans", "an array of objects");
	json_get_object(d, json, "scope", &owner);
	json_get_string(d, owner, "name", &scope.name);
	json_get_string(d, owner, "version", &scope.version);
	json_get_attrs(d, owner, "attributes", &scope.attrs);
	json_get_uint32(d, owner, "droppedAttributesCount", &scope.n_dropped_attrs);
	json_get_string(d, json, "schemaUrl", &schema_url);
	json_t *spans;
	size_t n;
	json_get_array(d, json, "spans", &spans, &n);
	otlp_encode_scope(&r->encoded, &scope);
	int err = part_error(r);
	if (is_attribute_error(err))
		return reject_scope_spans(r, json, err);
	if (!err)
		err = r->sink->scope(r->sink, buffer_slice(&r->encoded), schema_url);
	for (size_t i = 0; !err && i < n; i++)
		err = read_piece(r, json_array_get(spans, i));
	return err;
}

static int reject_resource_spans(struct reader *r, const json_t *json, int err)
{
	const json_t *scopes = json_object_get(json, "scopeSpans");
	for (size_t i = 0; i < json_array_size(scopes); i++)
		reject_spans_of(r, json_array_get(scopes, i), err);
	forget_error(r);
	return 0;
}

static int read_resource_spans(struct reader *r, const json_t *json)
{
	struct json_decoder *d = &r->decoder;
	struct lt_slice schema_url = {"", 0};
	struct resource resource = {.n_dropped_attrs = 0};
	const json_t *owner;
	begin_part(r);
	if (!json_is_object(json))
		json_decoder_fail(d, "resourceSpans", "an array of objects");
	json_get_object(d, json, "resource", &owner);
	json_get_attrs(d, owner, "attributes", &resource.attrs);
	json_get_uint32(d, owner, "droppedAttributesCount", &resource.n_dropped_attrs);
	json_get_string(d, json, "schemaUrl", &schema_url);
	json_t *scopes;
	size_t n;
	json_get_array(d, json, "scopeSpans", &scopes, &n);
	otlp_encode_resource(&r->encoded, &resource);
	int err = part_error(r);
	if (is_attribute_error(err))
		return reject_resource_spans(r, json, err);
	if (!err)
		err = r->sink->resource(r->sink, buffer_slice(&r->encoded), schema_url);
	for (size_t i = 0; !err && i < n; i++)
		err = read_scope_spans(r, json_array_get(scopes, i));
	return err;
}

static int read_root(struct reader *r, const json_t *root)
{
	const json_t *result = json_object_get(root, "result");
	json_t *groups = NULL;
	size_t n = 0;
	if (!json_is_object(root))
		json_decoder_fail(&r->decoder, "the message", "an object");
	else
		json_get_array(&r->decoder, result ? result : root, "resourceSpans", &groups, &n);
	int err = r->decoder.error;
	for (size_t i = 0; !err && i < n; i++)
		err = read_resource_spans(r, json_array_get(groups, i));
	return err;
}

static int read_text(struct reader *r, struct lt_slice text)
{
	json_t *root;
	int err = json_split(text, &r->split);
	if (err == -EMSGSIZE)
		snprintf(r->decoder.why, JSON_WHY_BYTES, "the request has too many values");
	if (!err)
		err = parse(r, r->split.rest.len ? buffer_slice(&r->split.rest) : lt_slice(""), 0,
			&root);
	if (!err) {
		err = read_root(r, root);
		json_decref(root);
	}
	json_split_done(&r->split);
	return err;
}

static int read_deep_text(struct reader *r, struct lt_slice text)
{
	char *copy = malloc(text.len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text.ptr, text.len);
	json_flatten(copy, text.len);
	int err = read_text(r, (struct lt_slice){copy, text.len});
	free(copy);
	return err;
}

int otlp_read_json(struct lt_slice request, struct otlp_sink *sink, char ret_why[JSON_WHY_BYTES])
{
	struct arena arena;
	struct json_scan seen = json_scan(request);
	struct reader r = {.decoder = {.arena = &arena, .why = ret_why},
		.sink = sink,
		.has_snake_case = seen.has_snake_case};
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	buffer_init(&r.encoded, OTLP_ARENA_MAX_BYTES);
	int err = (seen.is_too_deep ? read_deep_text : read_text)(&r, request);
	buffer_done(&r.encoded);
	arena_done(&arena);
	return err;
}
