/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_decode.c - decodes spans, scopes and resources.
 *
 * Field numbers stand beside their names as in trace/v1/trace.proto.
 */
#include "otlp/otlp_decoder.h"

/* An id of the wrong length is not malformed protobuf: only its span is rejected. */
static bool read_id(struct pb_reader *reader, const struct pb_field *field, uint8_t *id, size_t n,
	bool optional)
{
	if (!pb_expect(reader, field, PB_BYTES))
		return false;
	if (field->bytes.len != n)
		return optional && field->bytes.len == 0;
	memcpy(id, field->bytes.ptr, n);
	return true;
}

static bool decode_event(struct decoder *d, struct lt_slice message, struct event *event)
{
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	event->attrs.items = decoder_array(d, counts[3], sizeof(*event->attrs.items));
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d->error && pb_next(&reader, &field)) {
		switch (field.number) {
		case 1: /* time_unix_nano */
			pb_expect(&reader, &field, PB_FIXED64);
			event->time_ns = field.scalar;
			break;
		case 2: /* name */
			read_string(&reader, &field, &event->name);
			break;
		case 3: /* attributes */
			decode_attr_into(d, &reader, &field, 0, &event->attrs);
			break;
		case 4: /* dropped_attributes_count */
			read_uint32(&reader, &field, &event->n_dropped_attrs);
			break;
		}
	}
	return decoder_finish(d, &reader);
}

static bool decode_link(
	struct decoder *d, struct lt_slice message, struct link *link, bool *ids_well_formed)
{
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	link->attrs.items = decoder_array(d, counts[4], sizeof(*link->attrs.items));
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d->error && pb_next(&reader, &field)) {
		switch (field.number) {
		case 1: /* trace_id */
			*ids_well_formed &= read_id(&reader, &field, link->trace_id, 16, true);
			break;
		case 2: /* span_id */
			*ids_well_formed &= read_id(&reader, &field, link->span_id, 8, true);
			break;
		case 3: /* trace_state */
			read_string(&reader, &field, &link->trace_state);
			break;
		case 4: /* attributes */
			decode_attr_into(d, &reader, &field, 0, &link->attrs);
			break;
		case 5: /* dropped_attributes_count */
			read_uint32(&reader, &field, &link->n_dropped_attrs);
			break;
		case 6: /* flags */
			pb_expect(&reader, &field, PB_FIXED32);
			link->flags = (uint32_t)field.scalar;
			break;
		}
	}
	return decoder_finish(d, &reader);
}

static bool decode_status(struct decoder *d, struct lt_slice message, struct span *span)
{
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (pb_next(&reader, &field)) {
		if (field.number == 2) /* message */
			read_string(&reader, &field, &span->status_message);
		else if (field.number == 3) /* code */
			read_uint32(&reader, &field, &span->status);
	}
	return decoder_finish(d, &reader);
}

static void read_span_field(struct decoder *d, struct pb_reader *reader,
	const struct pb_field *field, struct span *span)
{
	switch (field->number) {
	case 1: /* trace_id */
		span->ids_well_formed &= read_id(reader, field, span->trace_id, 16, false);
		break;
	case 2: /* span_id */
		span->ids_well_formed &= read_id(reader, field, span->span_id, 8, false);
		break;
	case 3: /* trace_state */
		read_string(reader, field, &span->trace_state);
		break;
	case 4: /* parent_span_id */
		span->ids_well_formed &= read_id(reader, field, span->parent_id, 8, true);
		break;
	case 5: /* name */
		read_string(reader, field, &span->name);
		break;
	case 6: /* kind */
		read_uint32(reader, field, &span->kind);
		break;
	case 7: /* start_time_unix_nano */
		pb_expect(reader, field, PB_FIXED64);
		span->start_ns = field->scalar;
		break;
	case 8: /* end_time_unix_nano */
		pb_expect(reader, field, PB_FIXED64);
		span->end_ns = field->scalar;
		break;
	case 9: /* attributes */
		decode_attr_into(d, reader, field, 0, &span->attrs);
		break;
	case 10: /* dropped_attributes_count */
		read_uint32(reader, field, &span->n_dropped_attrs);
		break;
	case 11: /* events */
		if (pb_expect(reader, field, PB_BYTES))
			decode_event(d, field->bytes, &span->events[span->n_events++]);
		break;
	case 12: /* dropped_events_count */
		read_uint32(reader, field, &span->n_dropped_events);
		break;
	case 13: /* links */
		if (pb_expect(reader, field, PB_BYTES)) {
			decode_link(d, field->bytes, &span->links[span->n_links++],
				&span->ids_well_formed);
		}
		break;
	case 14: /* dropped_links_count */
		read_uint32(reader, field, &span->n_dropped_links);
		break;
	case 15: /* status */
		if (pb_expect(reader, field, PB_BYTES))
			decode_status(d, field->bytes, span);
		break;
	case 16: /* flags */
		pb_expect(reader, field, PB_FIXED32);
		span->flags = (uint32_t)field->scalar;
		break;
	}
}

int otlp_decode_span(struct lt_slice message, struct arena *arena, struct span *ret_span)
{
	struct decoder d = {.arena = arena};
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	struct span span = {.ids_well_formed = true,
		.attrs.items = decoder_array(&d, counts[9], sizeof(*span.attrs.items)),
		.events = decoder_array(&d, counts[11], sizeof(*span.events)),
		.links = decoder_array(&d, counts[13], sizeof(*span.links))};
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d.error && pb_next(&reader, &field))
		read_span_field(&d, &reader, &field, &span);
	if (decoder_finish(&d, &reader))
		*ret_span = span;
	return d.error;
}

int otlp_decode_resource(
	struct lt_slice message, struct arena *arena, struct resource *ret_resource)
{
	struct decoder d = {.arena = arena};
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	struct resource resource = {
		.attrs.items = decoder_array(&d, counts[1], sizeof(*resource.attrs.items))};
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d.error && pb_next(&reader, &field)) {
		if (field.number == 1) /* attributes */
			decode_attr_into(&d, &reader, &field, 0, &resource.attrs);
		else if (field.number == 2) /* dropped_attributes_count */
			read_uint32(&reader, &field, &resource.n_dropped_attrs);
	}
	if (decoder_finish(&d, &reader))
		*ret_resource = resource;
	return d.error;
}

int otlp_decode_scope(struct lt_slice message, struct arena *arena, struct scope *ret_scope)
{
	struct decoder d = {.arena = arena};
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	struct scope scope = {
		.attrs.items = decoder_array(&d, counts[3], sizeof(*scope.attrs.items))};
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d.error && pb_next(&reader, &field)) {
		switch (field.number) {
		case 1: /* name */
			read_string(&reader, &field, &scope.name);
			break;
		case 2: /* version */
			read_string(&reader, &field, &scope.version);
			break;
		case 3: /* attributes */
			decode_attr_into(&d, &reader, &field, 0, &scope.attrs);
			break;
		case 4: /* dropped_attributes_count */
			read_uint32(&reader, &field, &scope.n_dropped_attrs);
			break;
		}
	}
	if (decoder_finish(&d, &reader))
		*ret_scope = scope;
	return d.error;
}
