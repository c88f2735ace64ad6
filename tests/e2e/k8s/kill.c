/* SPDX-License-Identifier: Apache-2.0 */
/* kill.c - SIGKILL for a program in a container that has no shell, from an ephemeral container beside it,
 * which sees its processes.
 *
 *   kill NAME
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int has_name(const char *pid, const char *name)
{
	char path[64], comm[32] = "";
	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	if (fgets(comm, sizeof(comm), file))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(file);
	return strncmp(comm, name, 15) == 0 && comm[0];
}

int main(int argc, char **argv)
{
	const struct dirent *entry;
	int n = 0;
	DIR *proc = opendir("/proc");
	if (argc != 2 || !proc) {
		fprintf(stderr, "usage: kill NAME\n");
		return 2;
	}
	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);
		if (pid > 1 && has_name(entry->d_name, argv[1]) && kill(pid, SIGKILL) == 0)
			n++;
	}
	printf("killed %d\n", n);
	return n == 0;
}
