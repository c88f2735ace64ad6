/* SPDX-License-Identifier: Apache-2.0 */
/* file_pattern.c - the patterns of included and excluded names and values. */
#include "configure/file_parts.h"

/* Without recursion: a * that did not fit takes one character more. */
bool lt_file_matches(struct lt_slice text, const char *pattern)
{
	const char *star = NULL;
	size_t i = 0, at_star = 0;
	while (i < text.len) {
		if (*pattern == '*') {
			star = ++pattern;
			at_star = i;
		} else if (*pattern && (*pattern == '?' || *pattern == text.ptr[i])) {
			pattern++;
			i++;
			/* The rest of a character of UTF-8. */
			while (pattern[-1] == '?' && i < text.len &&
				((unsigned char)text.ptr[i] & 0xc0) == 0x80)
				i++;
		} else if (star) {
			pattern = star;
			i = ++at_star;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
