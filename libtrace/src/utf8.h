/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - what may be said of strings that programs hand us unchecked. */
#ifndef LT_UTF8_H
#define LT_UTF8_H

#include <libtrace/trace.h>

/** Bytes at the start of text that are valid UTF-8; text.len when all of it is. */
size_t lt_utf8_valid(struct lt_slice text);

/** Bytes of the first max_chars characters (a stray byte counts as one); text.len when it has
 * fewer. */
size_t lt_utf8_prefix(struct lt_slice text, size_t max_chars);

#define LT_UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, for what is not valid */

#endif
