/* SPDX-License-Identifier: Apache-2.0 */
/* v1_search.h - the parameters of a search in the query API v1:
 *
 * traceID up to 32 hex digits; may repeat; other parameters are then ignored service required
 * without traceID operation compared as is start, end microseconds since 1970 lookback a duration
 * before now; ignored beside start minDuration, maxDuration durations in Go's format: 1h2m, 1.5s,
 * 300ms limit a number of traces tags {"key": "value", ...} tag key:value, may repeat
 */
#ifndef TRACEVIEW_QUERY_V1_SEARCH_H
#define TRACEVIEW_QUERY_V1_SEARCH_H

#include "query/common.h"

/* Each returns false, with why, for a malformed parameter. */
bool v1_read_search(struct query *q, struct search *search, char why[QUERY_WHY_BYTES]);
bool v1_read_times(const struct params *params, struct search *search, char why[QUERY_WHY_BYTES]);

/** Writes into why that a parameter is malformed; returns false. */
bool v1_bad_param(char why[QUERY_WHY_BYTES], const char *name, const char *value);

#endif
