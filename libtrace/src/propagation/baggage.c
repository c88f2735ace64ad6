/* SPDX-License-Identifier: Apache-2.0 */
#include "propagation/baggage.h"

#include "util/slice.h"
#include "util/utf8.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct lt_baggage { /* one block, texts at its end */
	atomic_uint n_holders;
	size_t n;
	struct lt_baggage_member members[];
};

static size_t member_bytes(const struct lt_baggage_member *member)
{
	return member->key.len + member->value.len + member->metadata.len;
}

static void move_text(char **end, struct lt_slice *text)
{
	if (text->len)
		memcpy(*end, text->ptr, text->len);
	text->ptr = *end;
	*end += text->len;
}

struct lt_baggage *lt_baggage_make(const struct lt_baggage_member *members, size_t n)
{
	struct lt_baggage *baggage = NULL;
	size_t bytes = sizeof(*baggage) + n * sizeof(*members);
	for (size_t i = 0; i < n; i++)
		bytes += member_bytes(&members[i]);
	if (n == 0 || !(baggage = malloc(bytes)))
		return NULL;
	atomic_init(&baggage->n_holders, 1);
	baggage->n = n;
	memcpy(baggage->members, members, n * sizeof(*members));
	char *end = (char *)&baggage->members[n];
	for (size_t i = 0; i < n; i++) {
		move_text(&end, &baggage->members[i].key);
		move_text(&end, &baggage->members[i].value);
		move_text(&end, &baggage->members[i].metadata);
	}
	return baggage;
}

size_t lt_baggage_find(const struct lt_baggage_member *members, size_t n, struct lt_slice key)
{
	size_t i = 0;
	while (i < n && !lt_slice_equal(members[i].key, key))
		i++;
	return i;
}

/* Printable ASCII without what ends a member. */
bool lt_baggage_metadata_is_valid(struct lt_slice metadata)
{
	for (size_t i = 0; i < metadata.len; i++) {
		char c = metadata.ptr[i];
		if (c < 0x20 || c > 0x7e || c == ',')
			return false;
	}
	return true;
}

static bool is_utf8(struct lt_slice text)
{
	return lt_utf8_valid(text) == text.len;
}

static size_t copy_members(
	const struct lt_baggage *baggage, struct lt_baggage_member *members, struct lt_slice but)
{
	size_t n = 0;
	for (size_t i = 0; baggage && i < baggage->n; i++)
		if (!lt_slice_equal(baggage->members[i].key, but))
			members[n++] = baggage->members[i];
	return n;
}

int lt_baggage_set(const struct lt_baggage *baggage, const char *key, const char *value,
	const char *metadata, struct lt_baggage **ret_baggage)
{
	struct lt_baggage_member members[LT_BAGGAGE_MEMBERS_MAX + 1];
	struct lt_baggage_member added = {lt_slice(key), lt_slice(value), lt_slice(metadata)};
	if (added.key.len == 0 || !value || !is_utf8(added.key) || !is_utf8(added.value) ||
		!lt_baggage_metadata_is_valid(added.metadata))
		return -EINVAL;
	size_t n = copy_members(baggage, members, added.key), bytes = 0;
	members[n++] = added;
	for (size_t i = 0; i < n; i++)
		bytes += member_bytes(&members[i]);
	if (n > LT_BAGGAGE_MEMBERS_MAX || bytes > LT_BAGGAGE_MAX_BYTES)
		return -E2BIG;
	struct lt_baggage *made = lt_baggage_make(members, n);
	if (!made)
		return -ENOMEM;
	*ret_baggage = made;
	return 0;
}

int lt_baggage_remove(
	const struct lt_baggage *baggage, const char *key, struct lt_baggage **ret_baggage)
{
	struct lt_baggage_member members[LT_BAGGAGE_MEMBERS_MAX];
	size_t n = copy_members(baggage, members, lt_slice(key));
	struct lt_baggage *made = n ? lt_baggage_make(members, n) : NULL;
	if (n && !made)
		return -ENOMEM;
	*ret_baggage = made;
	return 0;
}

struct lt_slice lt_baggage_get(const struct lt_baggage *baggage, const char *key)
{
	size_t n = lt_baggage_count(baggage);
	size_t i = n ? lt_baggage_find(baggage->members, n, lt_slice(key)) : n;
	return i < n ? baggage->members[i].value : (struct lt_slice){NULL, 0};
}

size_t lt_baggage_count(const struct lt_baggage *baggage)
{
	return baggage ? baggage->n : 0;
}

const struct lt_baggage_member *lt_baggage_member(const struct lt_baggage *baggage, size_t index)
{
	return index < lt_baggage_count(baggage) ? &baggage->members[index] : NULL;
}

struct lt_baggage *lt_baggage_hold(const struct lt_baggage *baggage)
{
	struct lt_baggage *held = (struct lt_baggage *)baggage; /* but for its count it is const */
	if (held)
		atomic_fetch_add_explicit(&held->n_holders, 1, memory_order_relaxed);
	return held;
}

void lt_baggage_release(struct lt_baggage *baggage)
{
	if (baggage && atomic_fetch_sub_explicit(&baggage->n_holders, 1, memory_order_acq_rel) == 1)
		free(baggage);
}
