/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_query.c - paths and queries of traceview's API, over a store with one trace. */
#include "fuzz.h"
#include "query/clean_path.h"
#include "query/query.h"
#include "store/intake.h"

#include <stdlib.h>

static const char request[] =
	"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
	"{\"stringValue\":\"a\"}}]},\"scopeSpans\":[{\"spans\":[{\"traceId\":"
	"\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"00f067aa0ba902b7\",\"name\":\"b\","
	"\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"2\"}]}]}]}";

static struct store *store_with_a_trace(void)
{
	static const struct store_options options = {.max_traces = 4, .max_bytes = 1 << 20};
	struct store *store;
	struct store_result result;
	char why[OTLP_WHY_BYTES];
	if (store_new(&options, &store) != 0 ||
		intake(store, lt_slice(request), ENCODING_JSON, &result, why) != 0)
		abort();
	return store;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store *store;
	if (!store)
		store = store_with_a_trace();
	const char *text = (const char *)data;
	const char *mark = size ? memchr(text, '?', size) : NULL;
	struct lt_slice path = {text, mark ? (size_t)(mark - text) : size};
	struct lt_slice query = {mark ? mark + 1 : NULL, mark ? size - path.len - 1 : 0};
	struct answer answer;
	struct buffer clean;
	buffer_init(&clean, path.len + 1);
	clean_path(path, &clean);
	query_answer(store, QUERY_GET, path, query, &answer);
	buffer_done(&answer.body);
	query_answer(store, QUERY_POST, buffer_slice(&clean), query, &answer);
	buffer_done(&answer.body);
	buffer_done(&clean);
	return 0;
}
