/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_otlp_response.c - what a collector, or something that poses as one, answers. */
#include "fuzz.h"
#include "otlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lt_otlp_partial_success partial;
	lt_otlp_protobuf_decode_response((struct lt_slice){(const char *)data, size}, &partial);
	return 0;
}
