/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - inflates request bodies with Content-Encoding: gzip. */
#ifndef TRACEVIEW_GZIP_H
#define TRACEVIEW_GZIP_H

#include "base/buffer.h"

/**
 * Inflates gzip (one member or several) into out, up to out's limit.
 * @return 0; -EBADMSG when it is not gzip or is truncated; -EMSGSIZE over the limit; -ENOMEM
 */
LT_CHECKED int gzip_inflate(struct lt_slice compressed, struct buffer *out);

#endif
