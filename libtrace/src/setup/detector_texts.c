/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/detector_texts.h"

#include "util/slice.h"

#define CONTAINER_ID_LEN 64 /* hexadecimal digits */

static bool next_line(struct lt_slice *text, struct lt_slice *ret_line)
{
	if (!text->len)
		return false;
	const char *end = memchr(text->ptr, '\n', text->len);
	size_t len = end ? (size_t)(end - text->ptr) : text->len;
	*ret_line = (struct lt_slice){text->ptr, len};
	*text = lt_slice_from(*text, len + (end != NULL));
	return true;
}

static size_t count_hex(struct lt_slice text)
{
	size_t n = 0;
	while (n < text.len &&
		(lt_is_digit(text.ptr[n]) || (text.ptr[n] >= 'a' && text.ptr[n] <= 'f')))
		n++;
	return n;
}

/* --- containers --------------------------------------------------------------------------- */

/* The last part of the path: ID, docker-ID.scope, cri-containerd-ID.scope. */
bool lt_cgroup_container_id(struct lt_slice cgroup, struct lt_slice *ret_id)
{
	struct lt_slice line;
	while (next_line(&cgroup, &line)) {
		const char *slash = memrchr(line.ptr, '/', line.len);
		if (!slash)
			continue;
		struct lt_slice part = lt_slice_from(line, (size_t)(slash + 1 - line.ptr));
		const char *dash = memrchr(part.ptr, '-', part.len);
		if (dash)
			part = lt_slice_from(part, (size_t)(dash + 1 - part.ptr));
		if (count_hex(part) != CONTAINER_ID_LEN)
			continue;
		struct lt_slice rest = lt_slice_from(part, CONTAINER_ID_LEN);
		if (rest.len && !lt_slice_is_word(rest, ".scope"))
			continue;
		*ret_id = (struct lt_slice){part.ptr, CONTAINER_ID_LEN};
		return true;
	}
	return false;
}

/* "…/containers/ID/…", also "…/overlay-containers/ID/…". */
static bool find_in_line(struct lt_slice line, struct lt_slice *ret_id)
{
	static const char folder[] = "containers/";
	for (const char *at; (at = memmem(line.ptr, line.len, folder, sizeof(folder) - 1));) {
		line = lt_slice_from(line, (size_t)(at - line.ptr) + sizeof(folder) - 1);
		if (count_hex(line) == CONTAINER_ID_LEN && line.len > CONTAINER_ID_LEN &&
			line.ptr[CONTAINER_ID_LEN] == '/') {
			*ret_id = (struct lt_slice){line.ptr, CONTAINER_ID_LEN};
			return true;
		}
	}
	return false;
}

bool lt_mountinfo_container_id(struct lt_slice mountinfo, struct lt_slice *ret_id)
{
	struct lt_slice line;
	while (next_line(&mountinfo, &line)) {
		if (memmem(line.ptr, line.len, "/hostname", 9) && find_in_line(line, ret_id))
			return true;
	}
	return false;
}

/* --- os-release --------------------------------------------------------------------------- */

static bool unquote(struct lt_slice value, char *room, size_t size)
{
	size_t n = 0;
	char quote = value.len && (*value.ptr == '"' || *value.ptr == '\'') ? *value.ptr : '\0';
	size_t i = quote != '\0';
	for (; i < value.len && value.ptr[i] != quote; i++) {
		if (value.ptr[i] == '\\' && quote != '\'' && i + 1 < value.len)
			i++;
		if (n + 1 >= size || value.ptr[i] == '\0')
			return false;
		room[n++] = value.ptr[i];
	}
	room[n] = '\0';
	return n > 0 && (!quote || i < value.len);
}

bool lt_os_release_value(struct lt_slice text, const char *name, char *room, size_t size)
{
	struct lt_slice line, wanted = lt_slice(name);
	while (next_line(&text, &line)) {
		line = lt_slice_trim(line);
		if (lt_slice_starts_with(line, wanted) && line.len > wanted.len &&
			line.ptr[wanted.len] == '=')
			return unquote(lt_slice_from(line, wanted.len + 1), room, size);
	}
	return false;
}
