/* SPDX-License-Identifier: Apache-2.0 */
/* curl_memory.c - per-thread free lists under libcurl's allocator.
 *
 * A thread has a list for each power of two, the block freed last in front: it is the one most
 * likely to be in the processor's cache. Any thread may free what another one allocated.
 */
#include "curl_memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_BITS 5 /* pieces of 32 bytes, */
#define N_LISTS 8	/* of 64, 128 and so on to 4096; larger ones are left to malloc() */
#define KEPT_MAX_BYTES (1024UL * 1024) /* per list and thread */

/* The header before each block. */
struct piece {
	alignas(max_align_t) union {
		size_t bytes;	    /* with this header, while curl has it */
		struct piece *next; /* while it is on a list */
	};
};

static __thread struct {
	unsigned n_keepers; /* 0: nothing is kept */
	struct piece *first[N_LISTS];
	size_t n_bytes[N_LISTS];
} kept;

/* The list for a size; N_LISTS or more: none. */
static unsigned list_of(size_t bytes)
{
	unsigned bits = 64 - (unsigned)__builtin_clzl(bytes - 1); /* 2^bits is enough */
	return bits > SMALLEST_BITS ? bits - SMALLEST_BITS : 0;
}

void *curl_memory_take(size_t n)
{
	size_t bytes = sizeof(struct piece) + n;
	if (bytes < n)
		return NULL;
	unsigned list = list_of(bytes);
	struct piece *piece = NULL;

	if (list < N_LISTS) {
		bytes = (size_t)1 << (list + SMALLEST_BITS);
		piece = kept.first[list];
	}
	if (piece) {
		kept.first[list] = piece->next;
		kept.n_bytes[list] -= bytes;
	} else if (!(piece = malloc(bytes))) {
		return NULL;
	}
	piece->bytes = bytes;
	return piece + 1;
}

void curl_memory_give_back(void *memory)
{
	if (!memory)
		return;
	struct piece *piece = (struct piece *)memory - 1;
	size_t bytes = piece->bytes;
	unsigned list = list_of(bytes);

	if (!kept.n_keepers || list >= N_LISTS || kept.n_bytes[list] + bytes > KEPT_MAX_BYTES) {
		free(piece);
		return;
	}
	piece->next = kept.first[list];
	kept.first[list] = piece;
	kept.n_bytes[list] += bytes;
}

void *curl_memory_resize(void *memory, size_t n)
{
	if (!memory)
		return curl_memory_take(n);
	size_t room = ((struct piece *)memory - 1)->bytes - sizeof(struct piece);
	if (n <= room)
		return memory;
	void *larger = curl_memory_take(n);
	if (larger) {
		memcpy(larger, memory, room);
		curl_memory_give_back(memory);
	}
	return larger;
}

void *curl_memory_take_zeroed(size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	void *memory = curl_memory_take(bytes);
	return memory ? memset(memory, 0, bytes) : NULL;
}

char *curl_memory_copy_text(const char *text)
{
	size_t bytes = strlen(text) + 1;
	void *memory = curl_memory_take(bytes);
	return memory ? memcpy(memory, text, bytes) : NULL;
}

int curl_memory_global_init(void)
{
	CURLcode code =
		curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_memory_take, curl_memory_give_back,
			curl_memory_resize, curl_memory_copy_text, curl_memory_take_zeroed);
	return code == CURLE_OK ? 0 : -ENOMEM;
}

void curl_memory_keep(void)
{
	kept.n_keepers++;
}

void curl_memory_trim(void)
{
	for (unsigned list = 0; list < N_LISTS; list++) {
		while (kept.first[list]) {
			struct piece *piece = kept.first[list];
			kept.first[list] = piece->next;
			free(piece);
		}
		kept.n_bytes[list] = 0;
	}
}

void curl_memory_release(void)
{
	if (--kept.n_keepers == 0)
		curl_memory_trim();
}
