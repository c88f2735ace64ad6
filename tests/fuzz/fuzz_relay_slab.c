/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_relay_slab.c - a slab whose program has written anything: its block is read as the relay reads
 * it, and encoded.  The program's address of the slab is 0, so that small numbers are pointers into it;
 * the first eight bytes are that of its resource. */
#include "encode/encode.h"
#include "fuzz.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

enum { SLAB_MAX_BYTES = 64 * 1024 };

static void encode(struct span_copy *span)
{
	const struct lt_span_data *spans[] = {&span->data};
	struct lt_buffer buffer = {0};
	lt_otlp_protobuf_encode(&buffer, spans, 1);
	lt_otlp_json_encode(&buffer, spans, 1);
	lt_buffer_done(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reader reader;
	static struct span_copy span, again;
	static struct lt_resource resource;
	uint64_t address;
	if (size > SLAB_MAX_BYTES)
		return 0;
	size_t bytes = size < LT_SPAN_BLOCK_BYTES ? LT_SPAN_BLOCK_BYTES : size;
	char *memory = calloc(1, bytes); /* its ends are seen by the sanitizer */
	memcpy(memory, data, size);
	memcpy(&address, memory, sizeof(address));
	reader = (struct reader){.memory = memory, .base = 0, .bytes = bytes};
	memset(&resource, 0, sizeof(resource));
	bool has_resource = reader_copy_resource(&reader, address, &resource);
	if (reader_copy_span(&reader, 0, &span)) {
		if (reader_copy_span(&reader, 0, &again)) /* with the keys that are kept */
			lt_arena_done(&again.arena);
		free(memory); /* what was copied needs it no more */
		memory = NULL;
		span.data.resource = &resource;
		encode(&span);
		lt_arena_done(&span.arena);
	}
	if (has_resource)
		lt_arena_done(&resource.arena);
	reader_done(&reader);
	free(memory);
	return 0;
}
