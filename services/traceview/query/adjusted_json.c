/* SPDX-License-Identifier: Apache-2.0 */
/* adjusted_json.c - writes references and warnings of a span. */
#include "query/adjusted_json.h"

#include "base/hex.h"
#include "query/go_text.h"
#include "query/reference.h"

static const char *const type_names[] = {
	[REFERENCE_CHILD_OF] = "CHILD_OF", [REFERENCE_FOLLOWS_FROM] = "FOLLOWS_FROM"};

static void write_reference(struct json_writer *w, const char *type, const uint8_t trace_id[16],
	const uint8_t span_id[8])
{
	jw_begin(w, '{');
	jw_key(w, "refType");
	jw_string(w, lt_slice(type));
	jw_key(w, "traceID");
	jw_hex(w, trace_id, 16);
	jw_key(w, "spanID");
	jw_hex(w, span_id, 8);
	jw_end(w, '}');
}

/* The reference that gets another span's id: that to the parent, if its id was adjusted. */
struct redirection {
	uint8_t from[8], to[8];
	bool is_due;
};

static struct redirection redirection_of(const struct span *span, const struct adjusted *adjusted)
{
	struct redirection r;
	reference_parent(span, r.from);
	memcpy(r.to, adjusted->parent_id, 8);
	r.is_due = memcmp(r.from, r.to, 8) != 0;
	return r;
}

static const uint8_t *redirect(struct redirection *r, const uint8_t span_id[8])
{
	if (!r->is_due || memcmp(span_id, r->from, 8) != 0)
		return span_id;
	r->is_due = false;
	return r->to;
}

/* The parent comes first. A link to the parent is not repeated; it gives the reference its type. */
void adjusted_write_references(
	struct json_writer *w, const struct span *span, const struct adjusted *adjusted, bool raw)
{
	struct redirection r = redirection_of(span, adjusted);
	jw_key(w, "references");
	jw_begin(w, '[');
	if (!id_is_zero(span->parent_id, 8))
		write_reference(w, type_names[reference_parent_type(span)], span->trace_id,
			redirect(&r, span->parent_id));
	else if (r.is_due && id_is_zero(r.from, 8))
		write_reference(w, type_names[REFERENCE_CHILD_OF], span->trace_id, r.to);
	for (size_t i = 0; i < span->n_links; i++) {
		const struct link *link = &span->links[i];
		bool within = memcmp(link->trace_id, span->trace_id, 16) == 0;
		if (!reference_is_parent(span, link) && (raw || !id_is_zero(link->trace_id, 16)))
			write_reference(w, type_names[reference_type_of(link)], link->trace_id,
				within ? redirect(&r, link->span_id) : link->span_id);
	}
	jw_end(w, ']');
}

struct warner {
	struct json_writer *w;
	struct buffer *text; /* of the next warning */
	unsigned n;
};

static void end_warning(struct warner *warner)
{
	if (!warner->n++)
		jw_begin(warner->w, '[');
	jw_string(warner->w, buffer_slice(warner->text));
	warner->text->len = 0;
}

static void warn_of_duration(struct warner *warner, const struct span *span)
{
	if (span->start_ns < span->end_ns)
		return;
	buffer_puts(warner->text,
		"Negative duration detected, sanitizing end timestamp. Original end "
		"timestamp: ");
	go_print_time(warner->text, span->end_ns);
	buffer_puts(warner->text, ", adjusted to: ");
	go_print_time(warner->text, span->start_ns + 1);
	end_warning(warner);
}

static void warn_of_adjustments(struct warner *warner, const struct adjusted *adjusted)
{
	static const char skipping[] = "skipping clock skew adjustment";
	char id[17];
	if (adjusted->is_duplicate) {
		buffer_printf(warner->text, "duplicate span IDs; %s", skipping);
		end_warning(warner);
	}
	if (adjusted->parent_missing) {
		hex_print(adjusted->parent_id, 8, id);
		buffer_printf(warner->text, "invalid parent span IDs=%s; %s", id, skipping);
		end_warning(warner);
	}
	if (adjusted->skew_ns) {
		buffer_puts(warner->text,
			"clock skew adjustment disabled; not applying calculated delta of ");
		go_print_duration(warner->text, adjusted->skew_ns);
		end_warning(warner);
	}
}

static void warn_of_links(struct warner *warner, const struct span *span)
{
	for (size_t i = 0; i < span->n_links; i++) {
		const struct link *link = &span->links[i];
		char id[17];
		if (!id_is_zero(link->trace_id, 16))
			continue;
		hex_print(link->span_id, 8, id);
		buffer_printf(warner->text,
			"Invalid span reference removed {TraceID:0000000000000000 SpanID:%s "
			"RefType:%s}",
			id, type_names[reference_type_of(link)]);
		end_warning(warner);
	}
}

void adjusted_write_warnings(struct json_writer *w, struct buffer *text, const struct span *span,
	const struct adjusted *adjusted, bool raw)
{
	struct warner t = {w, text, 0};
	jw_key(w, "warnings");
	warn_of_duration(&t, span);
	if (!raw) {
		warn_of_adjustments(&t, adjusted);
		warn_of_links(&t, span);
	}
	if (t.n)
		jw_end(w, ']');
	else
		jw_null(w);
}
