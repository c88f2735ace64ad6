/* SPDX-License-Identifier: Apache-2.0 */
/* adjusted_json.h - references and warnings of a span, in the JSON of Jaeger's query API.
 *
 * Warnings are worded as Jaeger 2.13 words them: programs and pages look for them.
 */
#ifndef TRACEVIEW_QUERY_ADJUSTED_JSON_H
#define TRACEVIEW_QUERY_ADJUSTED_JSON_H

#include "base/json_writer.h"
#include "query/adjust.h"

/** Writes the member "references".  @param raw  also those to no trace, which are else left out */
void adjusted_write_references(
	struct json_writer *w, const struct span *span, const struct adjusted *adjusted, bool raw);

/**
 * Writes the member "warnings": a list, or null.
 * @param text  empty room for one of them; failures stick to it
 * @param raw   only what was changed when the span came in
 */
void adjusted_write_warnings(struct json_writer *w, struct buffer *text, const struct span *span,
	const struct adjusted *adjusted, bool raw);

#endif
