/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h - random trace and span ids, from a generator per thread: no lock, no system call.
 *
 * The generator is xoshiro256++, https://prng.di.unimi.it/xoshiro256plusplus.c: ids must be
 * unique and evenly spread (samplers compare them), not secret.
 */
#ifndef LT_IDS_H
#define LT_IDS_H

#include "util/thread.h"

#include <stdint.h>

/** Seeds this thread's generator from the kernel. */
void lt_ids_seed(void);

static inline uint64_t lt_ids_rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

/** A random number. */
static inline uint64_t lt_ids_random(void)
{
	if (__builtin_expect(!lt_thread.seeded, 0))
		lt_ids_seed();
	uint64_t *s = lt_thread.seed;
	uint64_t result = lt_ids_rotate(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = lt_ids_rotate(s[3], 45);
	return result;
}

static inline uint64_t lt_ids_random_nonzero(void)
{
	uint64_t value;
	do
		value = lt_ids_random();
	while (__builtin_expect(value == 0, 0));
	return value;
}

/** Fills a trace id with random bits; never all zero. */
static inline void lt_ids_trace(uint8_t trace_id[16])
{
	uint64_t words[2] = {lt_ids_random(), lt_ids_random_nonzero()};
	memcpy(trace_id, words, sizeof(words));
}

/** Fills a span id with random bits; never all zero. */
static inline void lt_ids_span(uint8_t span_id[8])
{
	uint64_t word = lt_ids_random_nonzero();
	memcpy(span_id, &word, sizeof(word));
}

/** Whether both ids are valid: not all zero. */
static inline bool lt_ids_are_valid(const uint8_t trace_id[16], const uint8_t span_id[8])
{
	uint64_t words[3];
	memcpy(words, trace_id, 16);
	memcpy(words + 2, span_id, 8);
	return (words[0] | words[1]) && words[2];
}

#endif
