/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_gzip.c - compressed uploads, and those that grow without end. */
#include "fuzz_inflate.h"
#include "serve/gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_inflate(gzip_inflate, data, size);
}
