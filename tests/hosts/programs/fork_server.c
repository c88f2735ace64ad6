// SPDX-License-Identifier: Apache-2.0
/* A server that forks a process for each of its jobs, four at a time; a job is a request.  Prints how each ended. */
#include "get.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 3
#define JOBS_A_ROUND 4

int main(int argc, char **argv)
{
	if (argc != 2 && argc != 3)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	printf("%d\n", get(argv[1], "held/1", argv[2]));
	fflush(stdout);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < JOBS_A_ROUND; i++) {
			if (fork() == 0)
				exit(40 + get(argv[1], "job", argv[2]));
		}
		int status;
		while (wait(&status) > 0)
			printf("exit %d signal %d\n", WEXITSTATUS(status), WTERMSIG(status));
		fflush(stdout); /* or a child has it too */
	}
	printf("%d\n", get(argv[1], "held/2", argv[2]));
	return 0;
}
