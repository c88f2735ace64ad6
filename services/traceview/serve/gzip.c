/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.c - inflates request bodies with Content-Encoding: gzip. */
#include "serve/gzip.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

#define STEP_BYTES ((size_t)64 * 1024)
#define WINDOW_GZIP (15 + 16) /* largest window, gzip header only: zlib.h, inflateInit2() */

/* Inflates as much as one growth step of out holds. */
static int inflate_step(z_stream *stream, struct buffer *out)
{
	size_t left = out->limit - out->len, room = left < STEP_BYTES ? left : STEP_BYTES;
	unsigned char over_limit;
	char *to = room ? buffer_reserve(out, room) : (char *)&over_limit;
	if (!to)
		return -ENOMEM;
	stream->next_out = (unsigned char *)to;
	stream->avail_out = room ? (unsigned)room : 1;
	int status = inflate(stream, Z_NO_FLUSH);
	size_t n = (size_t)(stream->next_out - (unsigned char *)to);
	if (!room && n)
		return -EMSGSIZE;
	out->len += n;
	if (status == Z_MEM_ERROR)
		return -ENOMEM;
	return status == Z_OK || status == Z_STREAM_END ? status : -EBADMSG;
}

int gzip_inflate(struct lt_slice compressed, struct buffer *out)
{
	z_stream stream = {
		.next_in = (unsigned char *)compressed.ptr, .avail_in = (unsigned)compressed.len};
	if (compressed.len > UINT_MAX || !compressed.len)
		return -EBADMSG;
	if (inflateInit2(&stream, WINDOW_GZIP) != Z_OK)
		return -ENOMEM;
	int status;
	do {
		status = inflate_step(&stream, out);
		if (status == Z_STREAM_END && stream.avail_in) /* another member follows */
			status = inflateReset(&stream);
	} while (status == Z_OK);
	inflateEnd(&stream);
	return status == Z_STREAM_END ? 0 : status;
}
