/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - decoded OTLP spans, scopes and resources.
 *
 * These are short-lived views: strings point into the message they were decoded from, arrays into
 * an arena. The store keeps the encoded message instead (store.h), a fraction of the size.
 *
 * Source: https://github.com/open-telemetry/opentelemetry-proto, v1.11.0, trace/v1/trace.proto
 */
#ifndef TRACEVIEW_MODEL_H
#define TRACEVIEW_MODEL_H

#include <libtrace/trace.h>

enum value_type {
	VALUE_NONE = 0, /* no value is set: OTLP allows it */
	VALUE_STRING,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_DOUBLE,
	VALUE_BYTES,
	VALUE_ARRAY,
	VALUE_KVLIST,
};

/* Arrays and lists nest no deeper than this; a span with a deeper one is rejected. */
#define VALUE_DEPTH_MAX 16

struct attr;
struct value;

struct value_array {
	struct value *items;
	size_t n;
};

struct attr_list {
	struct attr *items;
	size_t n;
};

struct value {
	enum value_type type;
	union {
		struct lt_slice string; /* also of VALUE_BYTES */
		bool boolean;
		int64_t integer;
		double number;
		struct value_array array;
		struct attr_list kvlist;
	};
};

struct attr {
	struct lt_slice key;
	struct value value;
};

/* Kinds as OTLP numbers them. */
enum span_kind {
	KIND_UNSPECIFIED = 0,
	KIND_INTERNAL,
	KIND_SERVER,
	KIND_CLIENT,
	KIND_PRODUCER,
	KIND_CONSUMER,
	KIND_COUNT,
};

enum span_status { STATUS_UNSET = 0, STATUS_OK, STATUS_ERROR, STATUS_COUNT };

struct event {
	uint64_t time_ns;
	struct lt_slice name;
	struct attr_list attrs;
	uint32_t n_dropped_attrs;
};

struct link {
	uint8_t trace_id[16], span_id[8];
	struct lt_slice trace_state;
	struct attr_list attrs;
	uint32_t n_dropped_attrs;
	uint32_t flags;
};

struct span {
	/* False when an id has the wrong length; that id is then zero. */
	bool ids_well_formed;
	uint8_t trace_id[16], span_id[8];
	uint8_t parent_id[8]; /* all zero: none */
	struct lt_slice trace_state;
	uint32_t flags; /* low 8 bits: W3C trace flags */
	struct lt_slice name;
	uint32_t kind;	 /* enum span_kind, or a value of a later OTLP */
	uint32_t status; /* enum span_status, or a value of a later OTLP */
	struct lt_slice status_message;
	uint64_t start_ns, end_ns; /* Unix time */
	struct attr_list attrs;
	struct event *events;
	struct link *links;
	size_t n_events, n_links;
	uint32_t n_dropped_attrs, n_dropped_events, n_dropped_links;
};

struct resource {
	struct attr_list attrs;
	uint32_t n_dropped_attrs;
};

struct scope {
	struct lt_slice name, version;
	struct attr_list attrs;
	uint32_t n_dropped_attrs;
};

/** The attribute of that key, or NULL; borrowed. */
const struct value *attr_find(const struct attr_list *attrs, const char *key);

/** "server" and so on; "" for KIND_UNSPECIFIED and for unknown kinds. */
const char *span_kind_name(uint32_t kind);

/** Whether all n bytes are zero: such an id is invalid. */
bool id_is_zero(const uint8_t *id, size_t n);

static inline bool slice_equal(struct lt_slice a, struct lt_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** Orders by bytes, as qsort() wants it. */
static inline int slice_compare(struct lt_slice a, struct lt_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
