/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - OTLP requests for the tests of traceview's parts. */
#ifndef REQUEST_H
#define REQUEST_H

#include "store/intake.h"

#include <check.h>
#include <stdio.h>

/* One of everything that a span may have; its ids end in `n`, a digit. */
#define SPAN_JSON(n, parent, name)                                                                 \
	"{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"00f067aa0ba902b" #n        \
	"\",\"parentSpanId\":\"" parent "\",\"traceState\":\"a=b\",\"flags\":257,\"name\":\"" name \
	"\",\"kind\":2,\"startTimeUnixNano\":\"170000000000000000" #n                              \
	"\",\"endTimeUnixNano\":\"1700000000000001000\","                                          \
	"\"attributes\":[{\"key\":\"s\",\"value\":{\"stringValue\":\"text\"}},"                    \
	"{\"key\":\"b\",\"value\":{\"boolValue\":true}},"                                          \
	"{\"key\":\"i\",\"value\":{\"intValue\":\"-7\"}},"                                         \
	"{\"key\":\"d\",\"value\":{\"doubleValue\":1.5}},"                                         \
	"{\"key\":\"y\",\"value\":{\"bytesValue\":\"AAH/\"}},"                                     \
	"{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":1},{}]}}},"           \
	"{\"key\":\"m\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":"         \
	"{\"stringValue\":\"v\"}}]}}}],\"droppedAttributesCount\":1,"                              \
	"\"events\":[{\"timeUnixNano\":\"1700000000000000500\",\"name\":\"event\","                \
	"\"attributes\":[{\"key\":\"e\",\"value\":{\"intValue\":1}}]}],"                           \
	"\"links\":[{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4737\","                            \
	"\"spanId\":\"00f067aa0ba902b9\",\"attributes\":[]}],"                                     \
	"\"status\":{\"code\":2,\"message\":\"broken\"}}"

#define REQUEST_JSON(service, spans)                                                               \
	"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"  \
	"{\"stringValue\":\"" service "\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"scope\","     \
	"\"version\":\"1\"},\"spans\":[" spans "]}]}]}"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"

/* A root and its child. */
#define TWO_SPANS                                                                                  \
	REQUEST_JSON("shop", SPAN_JSON(1, "", "root") "," SPAN_JSON(2, "00f067aa0ba902b1", "child"))

/* What intake() returns, which must reject no span. */
static inline int take_json(struct store *store, const char *json)
{
	struct store_result result;
	char why[OTLP_WHY_BYTES] = "";
	int err = intake(store, lt_slice(json), ENCODING_JSON, &result, why);
	if (err == 0 && result.n_rejected)
		ck_abort_msg("rejected: %s", result.why);
	return err;
}

/* A span of a trace and service of its own, with a name of name_bytes. */
static inline int take_span(struct store *store, unsigned trace, unsigned span, size_t name_bytes)
{
	static char json[1 << 20];
	snprintf(json, sizeof(json),
		"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
		"\"value\":{\"stringValue\":\"service %u\"}}]},\"scopeSpans\":[{\"spans\":[{"
		"\"traceId\":\"%032x\",\"spanId\":\"%016x\",\"name\":\"%0*u\","
		"\"startTimeUnixNano\":\"%u000\",\"endTimeUnixNano\":\"%u500\"}]}]}]}",
		trace, trace, span, (int)name_bytes, span, trace, trace);
	return take_json(store, json);
}

/* The id of take_span()'s trace. */
static inline const uint8_t *id_of(unsigned trace)
{
	static uint8_t id[16];
	for (int i = 0; i < 4; i++)
		id[15 - i] = (uint8_t)(trace >> (8 * i));
	return id;
}

static inline struct store *new_store(size_t max_traces, size_t max_bytes)
{
	struct store *store;
	ck_assert_int_eq(store_new(&(struct store_options){max_traces, max_bytes}, &store), 0);
	return store;
}

#endif
