/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_otlp_response.c - responses of a collector, or of something that claims to be one. */
#include "encode/encode.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lt_slice response = {(const char *)data, size}, message;
	struct lt_otlp_partial_success partial;
	lt_otlp_protobuf_decode_response(response, &partial);
	lt_otlp_protobuf_decode_status(response, &message);
	lt_otlp_json_decode_response(response, &partial);
	return 0;
}
