/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.h - matchers of values in a file of expectations:
 *
 * "text", 3, 0.5, true, null, [...] equal to it {"matches": "^ord-[0-9]+$"} its text matches a
 * POSIX extended regular expression {"min": 1, "max": 2.5} a number in the range, both included;
 * either may be omitted {"exists": false} the attribute is absent
 */
#ifndef TRACEVIEW_MATCHER_H
#define TRACEVIEW_MATCHER_H

#include "base/buffer.h"
#include "otlp/model.h"

#include <jansson.h>

#define MATCHER_WHY_BYTES 256

/** Whether this is a valid matcher; false with why. */
bool matcher_is_valid(const json_t *matcher, char why[MATCHER_WHY_BYTES]);

/** @param value  NULL: absent */
bool matcher_holds(const json_t *matcher, const struct value *value);

bool matcher_holds_for_text(const json_t *matcher, struct lt_slice text);
bool matcher_holds_for_number(const json_t *matcher, double number);

/** Appends the matcher as in the file, or a value. */
void matcher_print(struct buffer *out, const json_t *matcher);
void matcher_print_value(struct buffer *out, const struct value *value);

#endif
