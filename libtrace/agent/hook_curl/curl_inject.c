/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_curl/curl_inject.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static int reserve(struct curl_injection *injection, size_t bytes)
{
	size_t capacity = injection->capacity ? injection->capacity : 256;

	while (capacity < bytes)
		capacity *= 2;
	if (capacity > CURL_INJECT_MAX_BYTES)
		return -ENOSPC;
	if (capacity == injection->capacity)
		return 0;
	char *grown = realloc(injection->text, capacity);
	if (!grown)
		return -ENOMEM;
	injection->text = grown;
	injection->capacity = capacity;
	return 0;
}

/* The carrier's set(): each key comes once. */
static int add_line(void *carrier, const char *key, const char *value)
{
	struct curl_injection *injection = carrier;
	size_t key_len = strlen(key), value_len = strlen(value);
	size_t bytes = key_len + 2 + value_len + 1;

	if (injection->n == CURL_INJECT_MAX_FIELDS)
		return -ENOSPC;
	int err = reserve(injection, injection->len + bytes);
	if (err)
		return err;

	char *line = injection->text + injection->len;
	memcpy(line, key, key_len);
	memcpy(line + key_len, ": ", 2);
	memcpy(line + key_len + 2, value, value_len + 1);
	injection->key_lens[injection->n] = key_len;
	injection->offsets[injection->n++] = injection->len;
	injection->len += bytes;
	return 0;
}

int curl_injection_write(struct curl_injection *injection, const struct lt_span_context *context,
	const struct lt_baggage *baggage)
{
	static const struct lt_carrier_impl lines = {.set = add_line};

	injection->n = injection->len = 0;
	memcpy(injection->trace_id, context->trace_id, sizeof(injection->trace_id));
	int err = lt_inject_with_baggage(&lines, injection, context, baggage);
	if (err)
		injection->n = 0;
	return err;
}

/* Whether a header line ("Name: value", "Name:", "Name;") has that name, which is in lower case.
 * Most differ in the first letter. */
static bool has_name(const char *line, const char *name, size_t len)
{
	return (line[0] | ' ') == name[0] && strncasecmp(line, name, len) == 0 &&
	       (line[len] == ':' || line[len] == ';');
}

static bool has_header(const struct curl_slist *headers, const char *name, size_t len)
{
	for (; headers; headers = headers->next) {
		if (headers->data && has_name(headers->data, name, len))
			return true;
	}
	return false;
}

static const char traceparent[] = "traceparent", tracestate[] = "tracestate";
#define NAME_LEN(name) (sizeof(name) - 1)

/* 0: the program sends no traceparent; 1: one of our trace; -1: another one, or none on purpose. */
static int own_traceparent(const struct curl_injection *injection, const struct curl_slist *headers)
{
	int found = 0;

	for (; headers; headers = headers->next) {
		const char *line = headers->data;
		struct lt_span_context context;
		if (!line || !has_name(line, traceparent, NAME_LEN(traceparent)))
			continue;
		line += NAME_LEN(traceparent) + 1;
		line += strspn(line, " \t");
		const struct lt_slice value = {line, strcspn(line, " \t\r\n")};
		if (lt_traceparent_parse(value, &context) ||
			memcmp(context.trace_id, injection->trace_id, sizeof(context.trace_id)))
			return -1;
		found = 1;
	}
	return found;
}

static void free_copy(struct curl_injection *injection)
{
	for (struct curl_slist *node = injection->copy, *next; node; node = next) {
		next = node->next;
		free(node);
	}
	injection->copy = NULL;
}

/* A list of our own nodes that borrow the program's lines without its trace context.  False: out of
 * memory. */
static bool copy_others(struct curl_injection *injection, const struct curl_slist *headers)
{
	struct curl_slist **tail = &injection->copy;

	for (; headers; headers = headers->next) {
		if (headers->data &&
			(has_name(headers->data, traceparent, NAME_LEN(traceparent)) ||
				has_name(headers->data, tracestate, NAME_LEN(tracestate))))
			continue;
		struct curl_slist *node = malloc(sizeof(*node));
		if (!node)
			return false;
		*node = (struct curl_slist){.data = headers->data};
		*tail = node;
		tail = &node->next;
	}
	return true;
}

struct curl_slist *curl_injection_link(struct curl_injection *injection, struct curl_slist *headers)
{
	int own = injection->n ? own_traceparent(injection, headers) : -1;
	struct curl_slist *first = headers;

	free_copy(injection);
	if (own < 0)
		return headers;
	if (own > 0) {
		if (!copy_others(injection, headers)) {
			free_copy(injection);
			return headers;
		}
		first = injection->copy;
	}

	for (size_t i = injection->n; i-- > 0;) {
		char *line = injection->text + injection->offsets[i];
		/* The program's value of any other field is kept. */
		if (has_header(first, line, injection->key_lens[i]))
			continue;
		injection->nodes[i] = (struct curl_slist){.data = line, .next = first};
		first = &injection->nodes[i];
	}
	return first;
}

void curl_injection_done(struct curl_injection *injection)
{
	free_copy(injection);
	free(injection->text);
	*injection = (struct curl_injection){0};
}
