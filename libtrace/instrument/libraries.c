/* SPDX-License-Identifier: Apache-2.0 */
#include "libraries.h"
#include "gate/gate.h"
#include "preload.h"
#include "program.h"
#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs "LINKER --list PATH" with both of its outputs in a pipe; returns its reading end or -Exxx.
 */
static int start(const char *dynamic_linker, const char *path, pid_t *ret_pid)
{
	char list[] = "--list";
	char *const arguments[] = {
		(char *)(uintptr_t)dynamic_linker, list, (char *)(uintptr_t)path, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2];

	if (pipe(ends))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	int err = posix_spawn(ret_pid, dynamic_linker, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return -err;
	}
	return ends[0];
}

/* "	libz.so.1 => /lib/libz.so.1 (0x...)", "	/lib/libagent.so (0x...)", "... => not found" */
static bool read_line(const char *line, struct library *library)
{
	char name[sizeof(library->path)], path[sizeof(library->path)];

	if (line[0] != '\t')
		return false;
	int n = sscanf(line, " %1023s => %1023s", name, path);
	if (n < 1)
		return false;
	const char *slash = strrchr(name, '/');
	snprintf(library->name, sizeof(library->name), "%.127s", slash ? slash + 1 : name);
	snprintf(library->path, sizeof(library->path), "%s", n == 2 ? path : name);
	if (n == 2 && strcmp(path, "not") == 0)
		library->path[0] = '\0';
	return true;
}

/* Preloads the agent and the core that it would load. */
static int preload_all(const char *agent, bool is_musl)
{
	static const char *const others[] = {"libtrace-c.so.0", GATE_CORE_FILE};
	const char *folder = is_musl ? GATE_MUSL_FOLDER : "";
	int folder_len = (int)(strrchr(agent, '/') + 1 - agent);
	char path[PATH_MAX];
	int err = preload_add(agent);

	for (size_t i = 0; !err && i < sizeof(others) / sizeof(others[0]); i++) {
		if (snprintf(path, sizeof(path), "%.*s%s%s", folder_len, agent, folder,
			    others[i]) >= (int)sizeof(path))
			break;
		err = preload_add(path);
	}
	return err;
}

int libraries_list(const char *dynamic_linker, const char *path, const char *agent,
	struct library *libraries, size_t max, char *ret_complaint, size_t size)
{
	char line[4096];
	size_t n = 0;
	pid_t pid;

	ret_complaint[0] = '\0';
	if (preload_all(agent, program_is_musl(dynamic_linker)))
		return -ENOMEM;
	int fd = start(dynamic_linker, path, &pid);
	if (fd < 0)
		return fd;
	FILE *lines = fdopen(fd, "r");
	while (lines && fgets(line, sizeof(line), lines)) {
		line[strcspn(line, "\n")] = '\0';
		if (n < max && read_line(line, &libraries[n]))
			n++;
		else if (line[0] != '\t' && !ret_complaint[0])
			snprintf(ret_complaint, size, "%s", line);
	}
	if (lines)
		fclose(lines);
	else
		close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return (int)n;
}
