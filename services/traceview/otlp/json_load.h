/* SPDX-License-Identifier: Apache-2.0 */
/* json_load.h - parses JSON, and tells a lack of memory from a fault of the text. */
#ifndef TRACEVIEW_JSON_LOAD_H
#define TRACEVIEW_JSON_LOAD_H

#include <jansson.h>
#include <libtrace/trace.h>

/**
 * json_loadb() reports most allocations that fail as malformed text. A sender drops what is
 * malformed, and sends again what the receiver had no memory for.
 * @param ret_error  filled on failure
 * @param ret_json   new
 * @return 0, -EBADMSG or -ENOMEM
 */
LT_CHECKED int json_load(
	struct lt_slice text, size_t flags, json_error_t *ret_error, json_t **ret_json);

#endif
