/* SPDX-License-Identifier: Apache-2.0 */
/* fnv1a.h - a hash for texts that nobody chooses to collide.
 *
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/
 */
#ifndef LT_FNV1A_H
#define LT_FNV1A_H

#include <stddef.h>
#include <stdint.h>

#define LT_FNV1A_START UINT64_C(0xcbf29ce484222325)

/** The hash of what hash is that of, and these bytes after it. */
static inline uint64_t lt_fnv1a(uint64_t hash, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
