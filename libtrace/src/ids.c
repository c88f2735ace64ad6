/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - a generator per thread, seeded by the kernel, so that an id costs no lock and no syscall.
 *
 * The generator is xoshiro256++, https://prng.di.unimi.it/xoshiro256plusplus.c: ids must be
 * unique and evenly spread (samplers compare them), not secret.
 */
#include "ids.h"

#include "clock.h"
#include "thread.h"

#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fork_child(void)
{
	lt_thread.seeded = false; /* the only thread that a fork's child has */
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, on_fork_child);
}

static void seed(void)
{
	pthread_once(&once, watch_forks);
	if (getrandom(lt_thread.seed, sizeof lt_thread.seed, 0) != (ssize_t)sizeof lt_thread.seed) {
		/* No getrandom (an odd sandbox): differ at least by time, process and thread. */
		lt_thread.seed[0] = lt_clock_monotonic_ns();
		lt_thread.seed[1] = (uint64_t)getpid();
		lt_thread.seed[2] = (uintptr_t)&lt_thread;
		lt_thread.seed[3] = 1; /* all zero would stay zero */
	}
	lt_thread.seeded = true;
}

static inline uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t lt_ids_random(void)
{
	if (!lt_thread.seeded)
		seed();
	uint64_t *s = lt_thread.seed;
	uint64_t result = rotl(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

static uint64_t random_nonzero(void)
{
	uint64_t value;
	do
		value = lt_ids_random();
	while (value == 0);
	return value;
}

void lt_ids_trace(uint8_t trace_id[16])
{
	uint64_t words[2] = {lt_ids_random(), random_nonzero()};
	memcpy(trace_id, words, sizeof words);
}

void lt_ids_span(uint8_t span_id[8])
{
	uint64_t word = random_nonzero();
	memcpy(span_id, &word, sizeof word);
}
