/* SPDX-License-Identifier: Apache-2.0 */
/* uploads.h - a common limit for all unfinished request bodies.
 *
 * h2o limits each body but not their sum, and keeps them in memory until they are complete.
 */
#ifndef TRACEVIEW_UPLOADS_H
#define TRACEVIEW_UPLOADS_H

#include "serve/grpc.h"

struct upload {
	h2o_socket_t *sock; /* borrowed, for the length of a call */
	size_t n_bytes;
};

/* Those of one HTTP port; all zero: none have been looked at. */
struct uploads {
	struct compat_uploads super;
	struct upload *items;
	size_t n, capacity;
	size_t n_bytes;
};

/** To be called between two turns of the loop. While unfinished bodies, those of gRPC included, take
 * more than max_bytes together, refuses the largest with 503, closing its connection, or with
 * UNAVAILABLE: small ones are never refused for the sake of larger ones. Each is counted as
 * HTTP_SHED_UPLOADS.
 * @param grpc  NULL: there is none
 * @param ret_bytes  the unfinished bodies' total afterwards
 * @return how many were refused with 503; the others are counted by the receiver too */
unsigned uploads_bound(struct uploads *uploads, h2o_context_t *ctx, struct grpc *grpc,
	size_t max_bytes, size_t *ret_bytes);

void uploads_done(struct uploads *uploads);

extern const char uploads_why[]; /* the reason, for the counters */

#endif
