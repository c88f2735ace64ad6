/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_zstd.c - uploads that zstd has compressed, and those that grow without end. */
#include "fuzz_inflate.h"
#include "serve/zstandard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_inflate(zstd_inflate, data, size);
}
