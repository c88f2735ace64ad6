/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Source: PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h */
#define SYSTEM_NAMESPACE "pid:[4026531836]"

bool container_is_entered(void)
{
	char name[64] = "";

	return readlink("/proc/self/ns/pid", name, sizeof(name) - 1) > 0 &&
	       strcmp(name, SYSTEM_NAMESPACE) != 0;
}

/* Whether /proc is of this namespace's processes. */
static bool is_own_proc(void)
{
	char self[32] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

/* Whether it blocks, ignores or catches SIGCHLD; also where that is not known. */
static bool minds_children(void)
{
	static const char *const sets[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
	char line[256];
	uint64_t signals = 0;
	bool is_read = false;
	FILE *status = fopen("/proc/1/status", "re");

	while (status && fgets(line, sizeof(line), status)) {
		for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
			if (strncmp(line, sets[i], strlen(sets[i])) != 0)
				continue;
			signals |= strtoull(line + strlen(sets[i]), NULL, 16);
			is_read = true;
		}
	}
	if (status)
		fclose(status);
	return !is_read || (signals >> (SIGCHLD - 1) & 1);
}

/* Whether it is in sigwait(), during which no signal shows as blocked, or in wait(); also where that
 * is not known, by "0" too. */
static bool waits_for_children(void)
{
	char function[64] = "";
	FILE *file = fopen("/proc/1/wchan", "re");

	if (file) {
		(void)!fgets(function, sizeof(function), file);
		fclose(file);
	}
	return !function[0] || strcmp(function, "0") == 0 || strstr(function, "sigtimedwait") ||
	       strstr(function, "do_wait");
}

bool container_keeps_zombies(void)
{
	return container_is_entered() && is_own_proc() && !minds_children() &&
	       !waits_for_children();
}
