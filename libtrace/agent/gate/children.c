/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/children.h"
#include "gate/core.h"
#include "gate/elf.h"
#include "gate/real.h"
#include "gate/self.h"
#include <unistd.h>

static bool ends_entry(char c)
{
	return c == ' ' || c == ':' || c == '\0';
}

/* Whether an entry is this gate: its path, or its file's name, which ld.so looked for. */
static bool is_self(const char *entry, size_t len)
{
	const char *name = self_name(), *file = name;
	bool has_folder = false;
	size_t same = 0;

	for (const char *p = name; *p; p++) {
		if (*p == '/')
			file = p + 1;
	}
	for (size_t i = 0; i < len; i++)
		has_folder |= entry[i] == '/';
	const char *own = has_folder ? name : file;
	while (same < len && own[same] == entry[same])
		same++;
	return same == len && !own[same];
}

/* Removes this gate from a list, in place in the program's environment: it only gets shorter. */
static void take_out(char *list)
{
	char *to = list;

	for (const char *from = list; *from;) {
		size_t len = 0;
		while (!ends_entry(from[len]))
			len++;
		bool is_other = len > 0 && !is_self(from, len);
		if (is_other && to > list)
			*to++ = ':';
		for (size_t i = 0; is_other && i < len; i++)
			*to++ = from[i];
		from += len;
		while (*from == ' ' || *from == ':')
			from++;
	}
	*to = '\0';
}

static void leave_children(void)
{
	char *(*get)(const char *) = real_symbol("getenv");
	int (*unset)(const char *) = real_symbol("unsetenv");
	char *list = get ? get("LD_PRELOAD") : NULL;

	if (!list || !unset)
		return;
	take_out(list);
	if (!*list)
		unset("LD_PRELOAD");
}

static bool is_false(const char *text)
{
	static const char word[] = "false";
	size_t i = 0;

	while (text[i] && (text[i] | 0x20) == word[i])
		i++;
	return !text[i] && !word[i];
}

void children_start(void)
{
	char *(*get)(const char *) = real_symbol("secure_getenv");
	const char *value = get ? get("OTEL_C_CHILDREN") : NULL;

	if (value && is_false(value))
		leave_children();
}

/* In another root the agent's path may not exist, which ld.so would report in every program started
 * there.  What must be loaded is loaded before. */
__attribute__((visibility("default"))) int chroot(const char *path)
{
	int (*real)(const char *) = real_symbol("chroot");
	int (*can)(const char *, int) = real_symbol("access");

	core_load_if_wanted(0);
	int result = real ? real(path) : -1;
	int *errno_at = real_errno();
	int saved_errno = *errno_at;
	if (result == 0 && can && can(self_name(), R_OK))
		leave_children();
	*errno_at = saved_errno;
	return result;
}
