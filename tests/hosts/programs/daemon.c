// SPDX-License-Identifier: Apache-2.0
/* Makes a request, then becomes a daemon in the usual way: a fork, a session, a fork, every
 * descriptor closed. It opens files where the closed ones were, makes requests, and writes into
 * FILE whether all it has open is still its own. */
#include "get.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS 1024
#define FILES 24
#define REQUESTS 3

static void fork_and_leave_the_parent(void)
{
	pid_t child = fork();
	if (child != 0)
		exit(child < 0);
}

static bool same_file(int fd, const struct stat *want)
{
	struct stat is;
	return fstat(fd, &is) == 0 && is.st_dev == want->st_dev && is.st_ino == want->st_ino &&
	       is.st_size == 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	printf("%d\n", get(argv[1], "held/1", NULL));
	printf("%d\n", get(argv[1], "held/2", NULL));
	fflush(stdout);
	fork_and_leave_the_parent();
	setsid();
	fork_and_leave_the_parent();
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		close(fd);

	int fds[FILES], n_changed = 0;
	struct stat files[FILES];
	char name[4096];
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%s.%d", argv[2], i);
		fds[i] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (fds[i] < 0 || fstat(fds[i], &files[i]) < 0)
			return 1;
	}
	int codes[REQUESTS];
	for (int i = 0; i < REQUESTS; i++)
		codes[i] = get(argv[1], "held/3", NULL);
	for (int i = 0; i < FILES; i++)
		n_changed += fds[i] != i || !same_file(fds[i], &files[i]);
	FILE *out = fopen(argv[2], "w");
	if (!out)
		return 1;
	fprintf(out, "%d %d %d, %d changed\n", codes[0], codes[1], codes[2], n_changed);
	return fclose(out) == 0 ? 0 : 1;
}
