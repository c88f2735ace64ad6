/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_expect.c - files of expectations, compared with a trace; and what a person may paste. */
#include "fuzz.h"
#include "show/expect.h"
#include "show/target.h"
#include "store/intake.h"

#include <stdlib.h>

static const uint8_t trace_id[16] = {0xab, 0xcd, 1};

/* Three spans: one with a value of each type, its child, and one whose parent is missing. */
static const char request[] =
	"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
	"{\"stringValue\":\"s\"}}]},\"scopeSpans\":[{\"spans\":["
	"{\"traceId\":\"abcd0100000000000000000000000000\",\"spanId\":\"0000000000000001\","
	"\"name\":\"a\",\"kind\":2,\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"9\","
	"\"attributes\":[{\"key\":\"s\",\"value\":{\"stringValue\":\"x\"}},"
	"{\"key\":\"i\",\"value\":{\"intValue\":\"7\"}},{\"key\":\"d\",\"value\":"
	"{\"doubleValue\":0.5}},{\"key\":\"b\",\"value\":{\"boolValue\":true}},{\"key\":\"l\","
	"\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":\"1\"}]}}}],"
	"\"events\":[{\"timeUnixNano\":\"2\",\"name\":\"e\"}],\"status\":{\"code\":2}},"
	"{\"traceId\":\"abcd0100000000000000000000000000\",\"spanId\":\"0000000000000002\","
	"\"parentSpanId\":\"0000000000000001\",\"name\":\"b\",\"startTimeUnixNano\":\"3\","
	"\"endTimeUnixNano\":\"4\"},{\"traceId\":\"abcd0100000000000000000000000000\","
	"\"spanId\":\"0000000000000003\",\"parentSpanId\":\"00000000000000ff\",\"name\":\"c\","
	"\"startTimeUnixNano\":\"3\",\"endTimeUnixNano\":\"4\"}]}]}]}";

static const struct trace *trace_under_test(void)
{
	static const struct store_options options = {.max_traces = 1, .max_bytes = 1 << 20};
	static struct store *store;
	struct store_result result;
	char why[OTLP_WHY_BYTES];
	if (!store && (store_new(&options, &store) ||
			      intake(store, lt_slice(request), ENCODING_JSON, &result, why)))
		abort();
	return store_find(store, trace_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[EXPECT_WHY_BYTES], *text = malloc(size + 1);
	struct target target = {.url = ""};
	struct expect *expect;
	/* Regular expressions are the C library's, which may take any time. */
	if (!text || memmem(data, size, "matches", 7)) {
		free(text);
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	if (target_parse(&target, text) && strlen(target.trace_id) > 32)
		abort();
	if (expect_parse((struct lt_slice){text, size}, &expect, why) == 0) {
		struct buffer out;
		buffer_init(&out, 1 << 20);
		long n_failed = expect_check(expect, trace_under_test(), &out);
		if (n_failed < 0 || memcmp(out.data, "1..", 3) != 0)
			abort();
		buffer_done(&out);
		expect_free(expect);
	}
	free(text);
	return 0;
}
