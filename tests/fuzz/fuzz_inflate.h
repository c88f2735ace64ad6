/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_inflate.h - what holds of every decompressor of uploads, whatever it gets. */
#ifndef FUZZ_INFLATE_H
#define FUZZ_INFLATE_H

#include "base/buffer.h"
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#define LIMIT_BYTES 100000

static inline int fuzz_inflate(
	int (*inflate)(struct lt_slice, struct buffer *), const uint8_t *data, size_t size)
{
	struct buffer out = {.limit = LIMIT_BYTES};
	int err = inflate((struct lt_slice){(const char *)data, size}, &out);
	if (out.len > LIMIT_BYTES || out.cap > 2 * LIMIT_BYTES)
		abort();
	if (err && err != -EBADMSG && err != -EMSGSIZE)
		abort();
	if (err == -EMSGSIZE && out.len != LIMIT_BYTES)
		abort();
	buffer_done(&out);
	return 0;
}

#endif
