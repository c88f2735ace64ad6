/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.h - converts attribute values to text as OpenTelemetry's collector does. */
#ifndef TRACEVIEW_VALUE_TEXT_H
#define TRACEVIEW_VALUE_TEXT_H

#include "base/json_writer.h"
#include "otlp/model.h"

/**
 * Appends a value as text: strings as they are, numbers in decimal, bytes in base64, arrays and
 * lists as JSON, with the members sorted by key.
 * Source: pcommon.Value.AsString() of opentelemetry-collector
 */
void value_text(struct buffer *out, struct value *value);

/** Sorts attributes by key; the order of equal keys is undefined. */
void attrs_sort(struct attr_list *attrs);

#endif
