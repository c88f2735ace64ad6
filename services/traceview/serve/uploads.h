/* SPDX-License-Identifier: Apache-2.0 */
/* uploads.h - a common limit for all unfinished request bodies.
 *
 * h2o limits each body but not their sum, and keeps them in memory until they are complete.
 */
#ifndef TRACEVIEW_UPLOADS_H
#define TRACEVIEW_UPLOADS_H

#include "serve/grpc.h"

/** To be called between two turns of the loop. While unfinished bodies, those of gRPC included, take
 * more than max_bytes together, refuses the largest with 503, closing its connection, or with
 * UNAVAILABLE: small ones are never refused for the sake of larger ones.
 * @param grpc  NULL: there is none
 * @param ret_bytes  the unfinished bodies' total afterwards
 * @return how many were refused with 503; the others are counted by the receiver */
unsigned uploads_bound(h2o_context_t *ctx, struct grpc *grpc, size_t max_bytes, size_t *ret_bytes);

extern const char uploads_why[]; /* the reason, for the counters */

#endif
