/* SPDX-License-Identifier: Apache-2.0 */
/* clean_path.h - the one form of a path: "//api/./x/../services" is "/api/services". */
#ifndef TRACEVIEW_QUERY_CLEAN_PATH_H
#define TRACEVIEW_QUERY_CLEAN_PATH_H

#include "base/buffer.h"

/**
 * Cleans a path as Go's path.Clean does, but keeps a slash at its end.
 * @param out  empty; room for path.len + 1 bytes is enough
 * @return whether the path was in that form already
 */
bool clean_path(struct lt_slice path, struct buffer *out);

#endif
