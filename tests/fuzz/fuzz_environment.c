/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_environment.c - a process's environment, a variable a line after a first line "key=value", as a carrier: what is set
 * is read again by any spelling of its key, and nothing else changes. */
#include "fuzz.h"

#include <libtrace/propagation.h>
#include <stdlib.h>

#define VARS_MAX 64

static size_t count(char *const *vars)
{
	size_t n = 0;
	while (vars[n])
		n++;
	return n;
}

/* The lines in place; returns how many. */
static size_t split(char *text, char *lines[VARS_MAX + 1])
{
	size_t n = 0;
	for (char *line; n < VARS_MAX && (line = strsep(&text, "\n"));)
		lines[n++] = line;
	lines[n] = NULL;
	return n;
}

/* How many variables are as they were before. */
static size_t count_same(char *const *before, char *const *after)
{
	size_t n = 0;
	for (size_t i = 0; before[i] && after[i]; i++)
		n += strcmp(before[i], after[i]) == 0;
	return n;
}

static void set_and_get(
	struct lt_environment *environment, char *key, const char *value, char *const *before)
{
	const struct lt_carrier_impl *carrier = lt_environment_carrier();
	struct lt_slice read;
	if (carrier->set(environment, key, value) != 0)
		return; /* a key that is too long */
	char *const *vars = lt_environment_vars(environment);
	size_t n = count(vars), n_before = count(before);
	if (n > n_before + 1 || count_same(before, vars) + 1 < n_before)
		abort();
	for (char *c = key; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	if (!carrier->get(environment, key, 0, &read) || read.len != strlen(value) ||
		memcmp(read.ptr, value, read.len) != 0 || carrier->get(environment, key, 1, &read))
		abort();
}

/* A context and a baggage that come out of it go into it again. */
static void carry(struct lt_environment *environment)
{
	const struct lt_carrier_impl *carrier = lt_environment_carrier();
	struct lt_span_context context, again;
	struct lt_baggage *baggage = NULL;
	if (lt_extract_with_baggage(carrier, environment, &context, &baggage) == 0) {
		if (lt_inject_with_baggage(carrier, environment, &context, baggage) != 0 ||
			lt_extract(carrier, environment, &again) != 0 ||
			memcmp(context.trace_id, again.trace_id, sizeof(again.trace_id)) != 0 ||
			memcmp(context.span_id, again.span_id, sizeof(again.span_id)) != 0 ||
			strcmp(context.tracestate, again.tracestate) != 0)
			abort();
	}
	lt_baggage_release(baggage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *lines[VARS_MAX + 1];
	struct lt_environment *environment;
	char *text = strndup((const char *)data, size);
	size_t n = split(text, lines);
	if (n > 0 && lt_environment_new(lines + 1, &environment) == 0) {
		char *value = lines[0];
		char *key = strsep(&value, "=");
		carry(environment);
		lt_environment_free(environment);
		if (value && lt_environment_new(lines + 1, &environment) == 0) {
			set_and_get(environment, key, value, lines + 1);
			lt_environment_free(environment);
		}
	}
	free(text);
	return 0;
}
