/* SPDX-License-Identifier: Apache-2.0 */
/* curl_memory.c - see curl_memory.h.
 *
 * A thread keeps a list for each power of two, the piece that came last in front: it is the one
 * most likely to be in the processor's cache.  Any thread may give back what another one took.
 */
#include "curl_memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_BITS 5			/* pieces of 32 bytes, */
#define N_SIZES 8			/* 64, 128 and so on to 4096; larger ones are malloc's */
#define KEPT_MAX_BYTES (1024UL * 1024) /* of each size, by each thread: a thousand calls' worth */

/* Stands before what curl gets. */
struct piece {
	alignas(max_align_t) union {
		size_t bytes;	    /* with this head, while curl has it */
		struct piece *next; /* while it is kept */
	};
};

static __thread struct {
	unsigned n_keepers; /* 0: nothing is kept */
	struct piece *first[N_SIZES];
	size_t n_bytes[N_SIZES];
} kept;

/* Of which list a piece is; N_SIZES and more: of none.  bytes > 0 */
static unsigned size_of(size_t bytes)
{
	unsigned bits = 64 - (unsigned)__builtin_clzl(bytes - 1); /* 2^bits is enough */
	return bits > SMALLEST_BITS ? bits - SMALLEST_BITS : 0;
}

static void *take(size_t n)
{
	size_t bytes = sizeof(struct piece) + n;
	unsigned size = size_of(bytes);
	struct piece *piece = size < N_SIZES ? kept.first[size] : NULL;

	if (bytes < n)
		return NULL;
	if (size < N_SIZES)
		bytes = (size_t)1 << (size + SMALLEST_BITS);
	if (piece) {
		kept.first[size] = piece->next;
		kept.n_bytes[size] -= bytes;
	} else if (!(piece = malloc(bytes))) {
		return NULL;
	}
	piece->bytes = bytes;
	return piece + 1;
}

static void give_back(void *memory)
{
	if (!memory)
		return;
	struct piece *piece = (struct piece *)memory - 1;
	size_t bytes = piece->bytes;
	unsigned size = size_of(bytes);

	if (!kept.n_keepers || size >= N_SIZES || kept.n_bytes[size] + bytes > KEPT_MAX_BYTES) {
		free(piece);
		return;
	}
	piece->next = kept.first[size];
	kept.first[size] = piece;
	kept.n_bytes[size] += bytes;
}

static void *resize(void *memory, size_t n)
{
	if (!memory)
		return take(n);
	size_t room = ((struct piece *)memory - 1)->bytes - sizeof(struct piece);
	if (n <= room)
		return memory;
	void *larger = take(n);
	if (larger) {
		memcpy(larger, memory, room);
		give_back(memory);
	}
	return larger;
}

static void *take_zeroed(size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	void *memory = take(bytes);
	return memory ? memset(memory, 0, bytes) : NULL;
}

static char *copy_text(const char *text)
{
	size_t bytes = strlen(text) + 1;
	void *memory = take(bytes);
	return memory ? memcpy(memory, text, bytes) : NULL;
}

int curl_memory_global_init(void)
{
	return curl_global_init_mem(
		       CURL_GLOBAL_DEFAULT, take, give_back, resize, copy_text, take_zeroed) ==
			       CURLE_OK
		       ? 0
		       : -ENOMEM;
}

void curl_memory_keep(void)
{
	kept.n_keepers++;
}

void curl_memory_release(void)
{
	if (--kept.n_keepers > 0)
		return;
	for (unsigned size = 0; size < N_SIZES; size++) {
		while (kept.first[size]) {
			struct piece *piece = kept.first[size];
			kept.first[size] = piece->next;
			free(piece);
		}
		kept.n_bytes[size] = 0;
	}
}
