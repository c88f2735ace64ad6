/* SPDX-License-Identifier: Apache-2.0 */
/* uploads.h - a common limit for all unfinished request bodies.
 *
 * h2o limits each body but not their sum, and keeps them in memory until they are complete.
 */
#ifndef TRACEVIEW_UPLOADS_H
#define TRACEVIEW_UPLOADS_H

#include "h2o_compat.h"

/** To be called between two turns of the loop. While unfinished bodies take more than max_bytes
 * together, refuses the largest with 503 and closes its connection: small ones are never refused
 * for the sake of larger ones.
 * @param ret_bytes  the unfinished bodies' total afterwards
 * @return how many were refused */
unsigned uploads_bound(h2o_context_t *ctx, size_t max_bytes, size_t *ret_bytes);

#endif
