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

/* A random number, and the next state. */
static inline uint64_t lt_ids_next(uint64_t s[4])
{
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

static inline uint64_t lt_ids_next_nonzero(uint64_t s[4])
{
	uint64_t value;
	do
		value = lt_ids_next(s);
	while (__builtin_expect(value == 0, 0));
	return value;
}

/** A random number. */
static inline uint64_t lt_ids_random(void)
{
	if (__builtin_expect(!lt_thread.seeded, 0))
		lt_ids_seed();
	return lt_ids_next(lt_thread.seed);
}

/**
 * Fills the ids of a span with random bits; never all zero.
 * @param trace_id  NULL: the span has its parent's
 */
static inline void lt_ids_generate(uint8_t *trace_id, uint8_t span_id[8])
{
	uint64_t seed[4]; /* in registers, between one load and one store */
	if (__builtin_expect(!lt_thread.seeded, 0))
		lt_ids_seed();
	memcpy(seed, lt_thread.seed, sizeof(seed));
	if (trace_id) {
		uint64_t words[2] = {lt_ids_next(seed)};
		words[1] = lt_ids_next_nonzero(seed);
		memcpy(trace_id, words, sizeof(words));
	}
	uint64_t word = lt_ids_next_nonzero(seed);
	memcpy(span_id, &word, sizeof(word));
	memcpy(lt_thread.seed, seed, sizeof(seed));
}

/**
 * Copies a trace id that was just written.  The empty asm keeps the compiler from joining the halves:
 * one load of 16 bytes that two stores of 8 wrote waits for both of them to reach the cache, 4 ns.
 */
static inline void lt_ids_copy_trace(uint8_t to[16], const uint8_t from[16])
{
	uint64_t words[2];
	memcpy(words, from, sizeof(words));
	__asm__("" : "+r"(words[0]), "+r"(words[1]));
	memcpy(to, words, sizeof(words));
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
