/* SPDX-License-Identifier: Apache-2.0 */
/* coding.h - content codings of request bodies: gzip, and zstd if built in. */
#ifndef TRACEVIEW_CODING_H
#define TRACEVIEW_CODING_H

#include "base/buffer.h"

struct coding {
	const char *name; /* as in Content-Encoding and grpc-encoding */
	/* Appends the body to out, up to out's limit. 0; -EBADMSG when malformed or truncated;
	 * -EMSGSIZE over the limit; -ENOMEM */
	int (*decode)(struct lt_slice coded, struct buffer *out); /* NULL: identity */
};

/**
 * Finds a coding by name, in any letter case; an empty name is "identity".
 * @return static; NULL for an unknown one
 */
const struct coding *coding_find(struct lt_slice name);

/* The supported names, in the format of Accept-Encoding. */
extern const char coding_names[];

#endif
