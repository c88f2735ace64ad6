/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - copies spans out of a slab, which is hostile input: its program may write to it at any
 * time, and anything.
 *
 * Every struct is copied first and judged by its copy; every pointer of a copy is an address of the
 * program's, and is taken for an offset into the slab, within which all of what it points at must
 * lie.  What comes out points at memory of the relay's own only.
 */
#ifndef LT_RELAY_READER_H
#define LT_RELAY_READER_H

#include "trace/resource.h"
#include "trace/span_slab.h"

#define KEYS_MAX 256	/* a power of two; others are copied for each span */
#define KEY_TRIES 4	/* places that a key may have */
#define SCOPES_MAX 2048 /* of a program; spans of others come without theirs */

struct reader_scope {
	uint64_t address; /* in the program */
	struct lt_instrumentation_scope scope;
	struct lt_arena arena;
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[256];
};

/* A key that all spans of a program share. */
struct reader_key {
	const char *address; /* in the program */
	const char *text;    /* in key_arena; NULL: none */
	size_t len;
};

struct reader {		    /* all zero but for the first three */
	const char *memory; /* the slab, as the relay has it */
	uint64_t base;	    /* as its program has it */
	size_t bytes;
	struct reader_scope *scopes[SCOPES_MAX];
	size_t n_scopes;
	struct reader_key keys[KEYS_MAX];
	struct lt_arena key_arena;
};

/* A span of the relay's own. */
struct span_copy {
	struct lt_span_data data;
	uint8_t stage; /* enum lt_slab_stage, as it was */
	struct lt_arena arena;
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[LT_SPAN_BLOCK_BYTES];
};

/** Copies the span at an offset; its resource is the caller's to set.
 * @return whether it is sound; only then its arena is to be freed */
bool reader_copy_span(struct reader *reader, size_t offset, struct span_copy *ret_span);

/** Copies the resource at an address of the program's into one that is all zero; false when it is not
 * sound.  Its arena is to be freed. */
bool reader_copy_resource(
	struct reader *reader, uint64_t address, struct lt_resource *ret_resource);

void reader_done(struct reader *reader);

#endif
