/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_intake.c - what anybody may post to traceview: the first byte chooses the encoding.
 *
 * An accepted request must be returned by the API in a form that is accepted again, span for span.
 */
#include "fuzz.h"
#include "query/query.h"
#include "store/intake.h"

#include <stdlib.h>

static const struct store_options options = {.max_traces = 4, .max_bytes = 1 << 20};

/* Reads back all that v3 answers, into a store of its own. */
static void take_again(const struct store *store, struct lt_slice json)
{
	struct store *second;
	struct store_result result;
	char why[OTLP_WHY_BYTES];
	if (store_new(&options, &second) != 0)
		return;
	if (intake(second, json, ENCODING_JSON, &result, why) != 0)
		abort();
	/* Two spans that differ in their encoding alone come back as one. */
	size_t n = store_stats(store).n_spans, n_again = store_stats(second).n_spans;
	if (n_again > n || (n && !n_again))
		abort();
	store_free(second);
}

static void ask_for_all(const struct store *store)
{
	static const char all[] = "query.start_time_min=1970-01-01T00:00:00Z"
				  "&query.start_time_max=2600-01-01T00:00:00Z";
	struct answer answer;
	query_answer(store, QUERY_GET, lt_slice("/api/v3/traces"), lt_slice(all), &answer);
	if (answer.status == 200)
		take_again(store, buffer_slice(&answer.body));
	buffer_done(&answer.body);
	query_answer(
		store, QUERY_GET, lt_slice("/api/traces"), lt_slice("service=x&tag=a:b"), &answer);
	buffer_done(&answer.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *store;
	struct store_result result;
	char why[OTLP_WHY_BYTES];
	if (size == 0 || store_new(&options, &store) != 0)
		return 0;
	enum encoding encoding = data[0] == 'j' ? ENCODING_JSON : ENCODING_PROTOBUF;
	struct lt_slice request = {(const char *)data + 1, size - 1};
	if (intake(store, request, encoding, &result, why) == 0)
		ask_for_all(store);
	store_free(store);
	return 0;
}
