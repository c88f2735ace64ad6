/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.h - what a value is to be, as a file of expectations says it:
 *
 * "text", 3, 0.5, true, null, [...]     equal to it
 * {"matches": "^ord-[0-9]+$"}           its text matches a POSIX extended regular expression
 * {"min": 1, "max": 2.5}                a number within, both included; either may be left out
 * {"exists": false}                     it is not there at all
 */
#ifndef TRACEVIEW_MATCHER_H
#define TRACEVIEW_MATCHER_H

#include "base/buffer.h"
#include "otlp/model.h"

#include <jansson.h>

#define MATCHER_WHY_BYTES 256

/** Whether this is a matcher; why is filled when it is not. */
bool matcher_is_valid(const json_t *matcher, char why[MATCHER_WHY_BYTES]);

/** @param value  NULL: there is none */
bool matcher_holds(const json_t *matcher, const struct value *value);

bool matcher_holds_for_text(const json_t *matcher, struct lt_slice text);
bool matcher_holds_for_number(const json_t *matcher, double number);

/** Appends the matcher as the file has it, or what a value is. */
void matcher_print(struct buffer *out, const json_t *matcher);
void matcher_print_value(struct buffer *out, const struct value *value);

#endif
