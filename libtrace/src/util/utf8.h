/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - checks strings that programs pass in. */
#ifndef LT_UTF8_H
#define LT_UTF8_H

#include <libtrace/trace.h>

/** Bytes at the start of text that are valid UTF-8; text.len when all of it is. */
size_t lt_utf8_valid(struct lt_slice text);

/** Bytes of the first max_chars characters (an invalid byte counts as one); text.len when it has
 * fewer. */
size_t lt_utf8_prefix(struct lt_slice text, size_t max_chars);

/** Makes text safe for a line on a terminal, in place: replaces control characters, line
 * separators, characters that change the direction of text, and bytes that are not UTF-8 by a
 * question mark.
 * @return its new length in bytes, never more than before */
size_t lt_utf8_clean(char *text, size_t len);

#define LT_UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, for what is not valid */

#endif
