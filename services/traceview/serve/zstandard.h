/* SPDX-License-Identifier: Apache-2.0 */
/* zstandard.h - request bodies with Content-Encoding: zstd; only in builds with libzstd (option
 * zstd). */
#ifndef TRACEVIEW_ZSTANDARD_H
#define TRACEVIEW_ZSTANDARD_H

#include "base/buffer.h"

/**
 * Inflates zstd (one frame or several) into out, up to out's limit.  Windows are at most 8 MiB.
 * @return 0; -EBADMSG when it is not zstd or is truncated; -EMSGSIZE over the limit; -ENOMEM
 * Source: https://www.rfc-editor.org/rfc/rfc9659 (the window)
 */
LT_CHECKED int zstd_inflate(struct lt_slice compressed, struct buffer *out);

#endif
