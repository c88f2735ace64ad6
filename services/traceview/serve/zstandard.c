/* SPDX-License-Identifier: Apache-2.0 */
/* zstandard.c - request bodies with Content-Encoding: zstd. */
#include "serve/zstandard.h"

#include <errno.h>
#include <zstd.h>

#define STEP_BYTES ((size_t)64 * 1024)
#define WINDOW_LOG_MAX 23 /* 8 MiB */

/* Inflates as much as one growth step of out holds.
 * @param ret_left  0: the frame is complete */
static int inflate_step(
	ZSTD_DStream *stream, ZSTD_inBuffer *in, struct buffer *out, size_t *ret_left)
{
	size_t left = out->limit - out->len, room = left < STEP_BYTES ? left : STEP_BYTES;
	char over_limit;
	char *to = room ? buffer_reserve(out, room) : &over_limit;
	if (!to)
		return -ENOMEM;
	ZSTD_outBuffer step = {to, room ? room : 1, 0};
	*ret_left = ZSTD_decompressStream(stream, &step, in);
	if (ZSTD_isError(*ret_left))
		return -EBADMSG;
	if (!room && step.pos)
		return -EMSGSIZE;
	out->len += room ? step.pos : 0;
	/* All input consumed and no output pending: truncated. */
	return *ret_left && in->pos == in->size && step.pos < step.size ? -EBADMSG : 0;
}

int zstd_inflate(struct lt_slice compressed, struct buffer *out)
{
	ZSTD_inBuffer in = {compressed.ptr, compressed.len, 0};
	ZSTD_DStream *stream = ZSTD_createDStream();
	if (!stream)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	size_t left = 1;
	int err = compressed.len ? 0 : -EBADMSG;
	while (!err && (left || in.pos < in.size))
		err = inflate_step(stream, &in, out, &left);
	ZSTD_freeDStream(stream);
	return err;
}
