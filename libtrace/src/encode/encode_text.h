/* SPDX-License-Identifier: Apache-2.0 */
/* encode_text.h - attributes' values as text for people: on the console, and in tests. */
#ifndef LT_ENCODE_TEXT_H
#define LT_ENCODE_TEXT_H

#include "util/encode_buffer.h"

/** Adds text that is safe for a terminal and for line-based readers: control characters become
 * question marks. */
void lt_text_add_clean(struct lt_buffer *b, struct lt_slice text);

/** Adds a value as in JSON, but with `=` in maps; strings are clean. */
void lt_text_add_value(struct lt_buffer *b, const struct lt_attr *attr);

#endif
