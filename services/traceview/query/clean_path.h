/* SPDX-License-Identifier: Apache-2.0 */
/* clean_path.h - normalises a path: "//api/./x/../services" becomes "/api/services". */
#ifndef TRACEVIEW_QUERY_CLEAN_PATH_H
#define TRACEVIEW_QUERY_CLEAN_PATH_H

#include "base/buffer.h"

/**
 * Normalises a path like Go's path.Clean, but keeps a trailing slash.
 * @param out  empty; room for path.len + 1 bytes is enough
 * @return whether the path was normalised already
 */
bool clean_path(struct lt_slice path, struct buffer *out);

#endif
