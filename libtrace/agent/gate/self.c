/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/self.h"
#include "gate/elf.h"
#include "gate/real.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

/* Stops at the first gate. */
static bool first_gate(const struct elf_object *object, void *user)
{
	if (!elf_symbol(object, GATE_MARK))
		return false;
	*(bool *)user = elf_is_own(object);
	return true;
}

bool self_is_first(void)
{
	bool is_first = false;

	elf_each(first_gate, &is_first);
	return is_first;
}

static bool take_name(const struct elf_object *object, void *user)
{
	if (!elf_is_own(object))
		return false;
	*(const char **)user = object->info->dlpi_name;
	return true;
}

const char *self_name(void)
{
	const char *name = "";

	elf_each(take_name, &name); /* preloaded, so never unloaded: the name stays valid */
	return name;
}

static size_t append(char *text, size_t size, size_t at, const char *more)
{
	for (; *more && at + 1 < size; more++)
		text[at++] = *more;
	text[at] = '\0';
	return at;
}

bool self_beside(const char *file, char path[SELF_PATH_MAX_BYTES])
{
	ssize_t (*read_link)(const char *, char *, size_t) = real_symbol("readlink");
	const char *name = self_name();
	size_t folder_len = 0;

	/* Follows a link to the installed file. */
	ssize_t len = read_link ? read_link(name, path, SELF_PATH_MAX_BYTES - 1) : -1;
	if (len > 0 && path[0] == '/')
		path[len] = '\0';
	else
		append(path, SELF_PATH_MAX_BYTES, 0, name);
	for (size_t i = 0; path[i]; i++) {
		if (path[i] == '/')
			folder_len = i + 1;
	}
	size_t end = append(path, SELF_PATH_MAX_BYTES, folder_len, file);
	return folder_len > 0 && end + 1 < SELF_PATH_MAX_BYTES;
}

static bool is_silent(void)
{
	char *(*get)(const char *) = real_symbol("secure_getenv");
	const char *level = get ? get("OTEL_LOG_LEVEL") : NULL;

	return level && elf_same(level, "none");
}

/* In the form of libtrace's reports, which is not loaded. */
void self_report(const char *reason)
{
	int (*wait)(struct pollfd *, nfds_t, int) = real_symbol("poll");
	ssize_t (*put)(int, const void *, size_t) = real_symbol("write");
	struct pollfd output = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[1024];

	if (is_silent() || !wait || !put || wait(&output, 1, 0) != 1 || output.revents != POLLOUT)
		return;
	size_t len = append(line, sizeof(line), 0, "libtrace: error: nothing is traced: ");
	len = append(line, sizeof(line) - 1, len, reason);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[len++] = '\n';
	put(STDERR_FILENO, line, len); /* one write: lines never mix */
}
