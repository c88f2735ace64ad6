/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_zstd.c - uploads that zstd has compressed, and those that grow without end. */
#include "fuzz.h"
#include "serve/zstandard.h"

#include <errno.h>
#include <stdlib.h>

#define LIMIT_BYTES 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = {.limit = LIMIT_BYTES};
	int err = zstd_inflate((struct lt_slice){(const char *)data, size}, &out);
	if (out.len > LIMIT_BYTES || out.cap > 2 * LIMIT_BYTES)
		abort();
	if (err && err != -EBADMSG && err != -EMSGSIZE)
		abort();
	if (err == -EMSGSIZE && out.len != LIMIT_BYTES)
		abort();
	buffer_done(&out);
	return 0;
}
