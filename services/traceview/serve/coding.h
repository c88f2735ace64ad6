/* SPDX-License-Identifier: Apache-2.0 */
/* coding.h - the codings of request bodies: gzip, and zstd where it is built in. */
#ifndef TRACEVIEW_CODING_H
#define TRACEVIEW_CODING_H

#include "base/buffer.h"

struct coding {
	const char *name; /* as Content-Encoding and grpc-encoding have it */
	/* Appends the body to out, up to out's limit.
	 * 0; -EBADMSG for what is not so coded or ends too early; -EMSGSIZE over the limit; -ENOMEM */
	int (*decode)(struct lt_slice coded, struct buffer *out); /* NULL: the body is as it is */
};

/**
 * The coding of that name, in any letter case; no name is "identity".
 * @return static; NULL for one that is not known here
 */
const struct coding *coding_find(struct lt_slice name);

/* The names to tell a client, as Accept-Encoding has them. */
extern const char coding_names[];

#endif
