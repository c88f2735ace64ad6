/* SPDX-License-Identifier: Apache-2.0 */
/* uploads.h - one bound for all request bodies that are still arriving.
 *
 * h2o bounds each body, not their sum, and it keeps them in memory until they are whole.
 */
#ifndef TRACEVIEW_UPLOADS_H
#define TRACEVIEW_UPLOADS_H

#include "h2o_compat.h"

/** Between two turns of the loop: while bodies under way take more than max_bytes together, refuses
 * the largest with 503 and closes its connection, so that a small one never gives way to others.
 * @param ret_bytes  what is left under way
 * @return how many were refused */
unsigned uploads_bound(h2o_context_t *ctx, size_t max_bytes, size_t *ret_bytes);

#endif
