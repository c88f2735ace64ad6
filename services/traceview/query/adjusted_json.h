/* SPDX-License-Identifier: Apache-2.0 */
/* adjusted_json.h - writes references and warnings of a span in the JSON of Jaeger's query API.
 *
 * Warnings have the wording of Jaeger 2.13, on which programs and pages may depend.
 */
#ifndef TRACEVIEW_QUERY_ADJUSTED_JSON_H
#define TRACEVIEW_QUERY_ADJUSTED_JSON_H

#include "base/json_writer.h"
#include "query/adjust.h"

/** Writes the member "references". @param raw includes those without a trace id */
void adjusted_write_references(
	struct json_writer *w, const struct span *span, const struct adjusted *adjusted, bool raw);

/**
 * Writes the member "warnings": a list, or null.
 * @param text  empty buffer for one of them; failures stick to it
 * @param raw   only warnings about changes made on intake
 */
void adjusted_write_warnings(struct json_writer *w, struct buffer *text, const struct span *span,
	const struct adjusted *adjusted, bool raw);

#endif
