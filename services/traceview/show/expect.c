/* SPDX-License-Identifier: Apache-2.0 */
/* expect.c - compares a trace with expectations. */
#include "show/expect.h"

#include "otlp/otlp.h"
#include "query/adjust.h"
#include "show/columns.h"
#include "show/expect_file.h"
#include "show/matcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_MS 1e6
#define REASONS_MAX 5	   /* spans whose mismatch a message explains */
#define COLUMNS_OF_NAME 80 /* of untrusted text in a message */
#define REASON_BYTES ((size_t)64 * 1024)

struct expect {
	json_t *root;
};

/* A span of the trace under test. */
struct item {
	const struct adjusted *adjusted;
	struct span span;
	struct resource resource;
	const struct item *parent; /* NULL: a root, or its parent is missing */
};

struct checker {
	struct buffer *out;
	struct buffer reason; /* of the current expectation */
	struct item *items;
	size_t n;
	unsigned n_told, n_failed;
};

/* --- the file ----------------------------------------------------------------------------- */

/* @param root  taken; NULL: error has the reason */
static int make(json_t *root, const json_error_t *error, struct expect **ret_expect,
	char ret_why[EXPECT_WHY_BYTES])
{
	char why[EXPECT_FILE_WHY_BYTES];
	if (!root) {
		snprintf(ret_why, EXPECT_WHY_BYTES, "%s (line %d)", error->text, error->line);
		return -EINVAL;
	}
	struct expect *expect = malloc(sizeof(*expect));
	if (expect && expect_file_is_valid(root, why)) {
		expect->root = root;
		*ret_expect = expect;
		return 0;
	}
	snprintf(ret_why, EXPECT_WHY_BYTES, "%s", expect ? why : "out of memory");
	free(expect);
	json_decref(root);
	return -EINVAL;
}

int expect_load(const char *path, struct expect **ret_expect, char ret_why[EXPECT_WHY_BYTES])
{
	json_error_t error;
	json_t *root = strcmp(path, "-") == 0
			       ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error)
			       : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	return make(root, &error, ret_expect, ret_why);
}

int expect_parse(struct lt_slice text, struct expect **ret_expect, char ret_why[EXPECT_WHY_BYTES])
{
	json_error_t error;
	return make(json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error), &error,
		ret_expect, ret_why);
}

void expect_free(struct expect *expect)
{
	if (expect)
		json_decref(expect->root);
	free(expect);
}

/* --- output ------------------------------------------------------------------------------- */

static void put_text(struct buffer *out, struct lt_slice text)
{
	columns_put_up_to(out, text, COLUMNS_OF_NAME, false);
}

static void put_selector(struct buffer *out, const json_t *selector)
{
	const json_t *name = json_object_get(selector, "name");
	const json_t *service = json_object_get(selector, "service");
	const json_t *kind = json_object_get(selector, "kind");
	matcher_print(out, json_is_string(selector) ? selector : name ? name : json_null());
	if (service) {
		buffer_puts(out, " of ");
		matcher_print(out, service);
	}
	if (kind)
		buffer_printf(out, " (%s)", json_string_value(kind));
}

/* One line of the protocol, followed by the reason if an expectation does not hold. */
static void tell(struct checker *c, bool holds, struct lt_slice what)
{
	buffer_printf(c->out, "%sok %u - ", holds ? "" : "not ", ++c->n_told);
	for (size_t i = 0; i < what.len; i++) /* a # begins a directive */
		buffer_put(c->out, what.ptr[i] == '#' ? "\\#" : &what.ptr[i],
			what.ptr[i] == '#' ? 2 : 1);
	buffer_puts(c->out, "\n");
	if (!holds)
		buffer_put(c->out, c->reason.data, c->reason.len);
	c->n_failed += !holds;
	c->reason.len = 0;
	c->reason.failed = false;
}

static void begin_reason(struct checker *c, const struct item *item)
{
	buffer_puts(&c->reason, "# ");
	if (item) {
		put_text(&c->reason, item->span.name);
		buffer_puts(&c->reason, ": ");
	}
}

/* "# GET /: http.route is "/a", not "/b"" */
static bool refuse(struct checker *c, const struct item *item, const char *what,
	const struct value *value, const json_t *matcher)
{
	begin_reason(c, item);
	buffer_puts(&c->reason, what);
	buffer_puts(&c->reason, " is ");
	matcher_print_value(&c->reason, value);
	buffer_puts(&c->reason, ", not ");
	matcher_print(&c->reason, matcher);
	buffer_puts(&c->reason, "\n");
	return false;
}

/* --- one span ----------------------------------------------------------------------------- */

static const char *kind_of(const struct item *item)
{
	const char *kind = span_kind_name(item->span.kind);
	return *kind ? kind : "unspecified";
}

static const char *status_of(const struct item *item)
{
	return item->span.status == STATUS_OK	   ? "ok"
	       : item->span.status == STATUS_ERROR ? "error"
						   : "unset";
}

static bool is_text_of(const json_t *object, const char *key, struct lt_slice text)
{
	const json_t *matcher = json_object_get(object, key);
	return !matcher || matcher_holds_for_text(matcher, text);
}

/* Whether a selector, or an expected span, matches a span. */
static bool is_selected(const json_t *selector, const struct item *item)
{
	if (json_is_string(selector))
		return matcher_holds_for_text(selector, item->span.name);
	return is_text_of(selector, "name", item->span.name) &&
	       is_text_of(selector, "service", item->adjusted->record->resource->service) &&
	       is_text_of(selector, "kind", lt_slice(kind_of(item)));
}

static bool check_attributes(struct checker *c, const struct item *item, const json_t *expected,
	const struct attr_list *attrs)
{
	const char *key;
	json_t *matcher;
	bool ok = true;
	json_object_foreach((json_t *)expected, key, matcher)
	{
		const struct value *value = attr_find(attrs, key);
		if (!matcher_holds(matcher, value))
			ok = refuse(c, item, key, value, matcher);
	}
	return ok;
}

static bool check_text(struct checker *c, const struct item *item, const json_t *expected,
	const char *key, struct lt_slice text)
{
	const struct value value = {.type = VALUE_STRING, .string = text};
	return is_text_of(expected, key, text) ||
	       refuse(c, item, key, &value, json_object_get(expected, key));
}

static bool check_number(struct checker *c, const struct item *item, const json_t *expected,
	const char *key, double n)
{
	const struct value value = {.type = VALUE_DOUBLE, .number = n};
	const json_t *matcher = json_object_get(expected, key);
	return !matcher || matcher_holds_for_number(matcher, n) ||
	       refuse(c, item, key, &value, matcher);
}

static bool check_parent(struct checker *c, const struct item *item, const json_t *expected)
{
	const json_t *selector = json_object_get(expected, "parent");
	bool is_root = !item->parent && id_is_zero(item->adjusted->parent_id, 8);
	if (!selector ||
		(json_is_null(selector) ? is_root
					: item->parent && is_selected(selector, item->parent)))
		return true;
	begin_reason(c, item);
	if (item->parent) {
		buffer_puts(&c->reason, "its parent is ");
		put_text(&c->reason, item->parent->span.name);
	} else {
		buffer_puts(&c->reason, is_root ? "it has no parent" : "its parent is missing");
	}
	buffer_puts(&c->reason, ", not ");
	put_selector(&c->reason, selector);
	buffer_puts(&c->reason, "\n");
	return false;
}

static bool check_events(struct checker *c, const struct item *item, const json_t *expected)
{
	size_t i;
	json_t *matcher;
	bool ok = true;
	json_array_foreach(json_object_get(expected, "events"), i, matcher)
	{
		size_t j = 0;
		while (j < item->span.n_events &&
			!matcher_holds_for_text(matcher, item->span.events[j].name))
			j++;
		if (j == item->span.n_events)
			ok = refuse(c, item, "an event", NULL, matcher);
	}
	return ok;
}

static bool check_item(struct checker *c, const struct item *item, const json_t *expected)
{
	double duration_ms =
		(double)(item->adjusted->record->end_ns - item->adjusted->record->start_ns) /
		NS_PER_MS;
	bool ok = check_text(c, item, expected, "status", lt_slice(status_of(item)));
	ok &= check_text(c, item, expected, "status_message", item->span.status_message);
	ok &= check_number(c, item, expected, "duration_ms", duration_ms);
	ok &= check_attributes(c, item, json_object_get(expected, "attributes"), &item->span.attrs);
	ok &= check_attributes(
		c, item, json_object_get(expected, "resource"), &item->resource.attrs);
	ok &= check_events(c, item, expected);
	ok &= check_parent(c, item, expected);
	return ok;
}

/* --- the whole trace ---------------------------------------------------------------------- */

static void list_spans(struct checker *c)
{
	buffer_puts(&c->reason, "# there is none; the trace has:");
	for (size_t i = 0; i < c->n && i < 4 * REASONS_MAX; i++) {
		buffer_puts(&c->reason, i ? ", " : " ");
		put_text(&c->reason, c->items[i].span.name);
	}
	buffer_puts(&c->reason, c->n > 4 * REASONS_MAX ? ", ...\n" : "\n");
}

static bool check_span(struct checker *c, const json_t *expected)
{
	const json_t *count = json_object_get(expected, "count");
	size_t n_selected = 0, n_good = 0;
	for (size_t i = 0; i < c->n; i++) {
		size_t before = c->reason.len;
		if (!is_selected(expected, &c->items[i]))
			continue;
		n_good += check_item(c, &c->items[i], expected);
		if (++n_selected > REASONS_MAX)
			c->reason.len = before;
	}
	if (count)
		return check_number(c, NULL, expected, "count", (double)n_good);
	if (!n_selected)
		list_spans(c);
	return n_good > 0;
}

static void check_spans(struct checker *c, const json_t *spans)
{
	size_t i;
	json_t *expected;
	json_array_foreach(spans, i, expected)
	{
		struct buffer what;
		buffer_init(&what, REASON_BYTES);
		bool holds = check_span(c, expected);
		buffer_puts(&what, "span ");
		put_selector(&what, expected);
		tell(c, holds, buffer_slice(&what));
		buffer_done(&what);
	}
}

static bool check_edge(struct checker *c, const json_t *parent, const json_t *child)
{
	bool is_there = false;
	for (size_t i = 0; i < c->n; i++) {
		const struct item *item = &c->items[i];
		if (!is_selected(child, item))
			continue;
		if (item->parent && is_selected(parent, item->parent))
			return true;
		is_there = true;
		begin_reason(c, item);
		buffer_puts(
			&c->reason, item->parent ? "its parent is " : "no parent of it is here");
		put_text(&c->reason, item->parent ? item->parent->span.name : lt_slice(""));
		buffer_puts(&c->reason, "\n");
	}
	if (!is_there)
		list_spans(c);
	return false;
}

static void check_edges(struct checker *c, const json_t *edges)
{
	size_t i;
	json_t *edge;
	json_array_foreach(edges, i, edge)
	{
		struct buffer what;
		buffer_init(&what, REASON_BYTES);
		bool holds = check_edge(c, json_array_get(edge, 0), json_array_get(edge, 1));
		buffer_puts(&what, "edge ");
		put_selector(&what, json_array_get(edge, 0));
		buffer_puts(&what, " -> ");
		put_selector(&what, json_array_get(edge, 1));
		tell(c, holds, buffer_slice(&what));
		buffer_done(&what);
	}
}

static bool has_service(const struct checker *c, struct lt_slice name)
{
	for (size_t i = 0; i < c->n; i++) {
		if (slice_equal(c->items[i].adjusted->record->resource->service, name))
			return true;
	}
	return false;
}

static bool is_listed(const json_t *names, struct lt_slice name)
{
	size_t i;
	json_t *listed;
	json_array_foreach(names, i, listed)
	{
		if (matcher_holds_for_text(listed, name))
			return true;
	}
	return false;
}

/* Checks that exactly these services take part. */
static void check_services(struct checker *c, const json_t *names)
{
	size_t i;
	json_t *name;
	bool holds = true;
	if (!names)
		return;
	json_array_foreach(names, i, name)
	{
		if (!has_service(c, lt_slice(json_string_value(name)))) {
			buffer_printf(
				&c->reason, "# %.200s has no span\n", json_string_value(name));
			holds = false;
		}
	}
	for (size_t k = 0; k < c->n; k++) {
		struct lt_slice service = c->items[k].adjusted->record->resource->service;
		if (!is_listed(names, service)) {
			begin_reason(c, &c->items[k]);
			buffer_puts(&c->reason, "it is of ");
			put_text(&c->reason, service);
			buffer_puts(&c->reason, "\n");
			holds = false;
		}
	}
	tell(c, holds, lt_slice("services"));
}

static void check_figure(struct checker *c, const json_t *root, const char *key, double figure)
{
	if (json_object_get(root, key)) {
		bool holds = check_number(c, NULL, root, key, figure);
		tell(c, holds, lt_slice(key));
	}
}

static long check_all(struct checker *c, const json_t *root, const struct trace *trace)
{
	unsigned n_scalars = 0;
	static const char *const scalars[] = {"services", "n_spans", "n_errors", "duration_ms"};
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
		n_scalars += json_object_get(root, scalars[i]) != NULL;
	buffer_printf(c->out, "1..%zu\n",
		json_array_size(json_object_get(root, "spans")) +
			json_array_size(json_object_get(root, "edges")) + n_scalars);
	check_spans(c, json_object_get(root, "spans"));
	check_edges(c, json_object_get(root, "edges"));
	check_services(c, json_object_get(root, "services"));
	check_figure(c, root, "n_spans", (double)trace->n_spans);
	check_figure(c, root, "n_errors", (double)trace->n_errors);
	check_figure(c, root, "duration_ms", (double)(trace->end_ns - trace->start_ns) / NS_PER_MS);
	return c->n_failed;
}

/* --- the trace ---------------------------------------------------------------------------- */

static int compare_id(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
	int order = memcmp(x->adjusted->span_id, y->adjusted->span_id, 8);
	return order ? order : (x > y) - (x < y);
}

/* Compares ids only, for bsearch(). */
static int compare_parent(const void *key, const void *element)
{
	const struct item *item = *(struct item *const *)element;
	return memcmp(key, item->adjusted->span_id, 8);
}

static int find_parents(struct checker *c)
{
	struct item **by_id = calloc(c->n, sizeof(struct item *));
	if (!by_id)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++)
		by_id[i] = &c->items[i];
	qsort(by_id, c->n, sizeof(struct item *), compare_id);
	for (size_t i = 0; i < c->n; i++) {
		struct item **found = bsearch(c->items[i].adjusted->parent_id, by_id, c->n,
			sizeof(struct item *), compare_parent);
		c->items[i].parent = found ? *found : NULL;
	}
	free(by_id);
	return 0;
}

static int decode(struct checker *c, const struct adjusted *spans, struct arena *arena)
{
	int err = 0;
	for (size_t i = 0; i < c->n && !err; i++) {
		const struct record *record = spans[i].record;
		struct lt_slice message = {record->data, record->len};
		c->items[i].adjusted = &spans[i];
		err = otlp_decode_span(message, arena, &c->items[i].span);
		if (!err)
			err = otlp_decode_resource(
				record->resource->message, arena, &c->items[i].resource);
	}
	return err ? -ENOMEM : find_parents(c);
}

long expect_check(const struct expect *expect, const struct trace *trace, struct buffer *out)
{
	struct checker c = {.out = out, .n = trace->n_spans};
	struct adjusted *spans;
	struct arena arena;
	long result = adjust_trace(trace, false, &spans);
	if (result)
		return result;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	buffer_init(&c.reason, REASON_BYTES);
	c.items = calloc(c.n, sizeof(*c.items));
	result = c.items ? decode(&c, spans, &arena) : -ENOMEM;
	if (!result)
		result = check_all(&c, expect->root, trace);
	buffer_done(&c.reason);
	arena_done(&arena);
	free(c.items);
	free(spans);
	return result;
}
