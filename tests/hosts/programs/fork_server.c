// SPDX-License-Identifier: Apache-2.0
/* A server that forks a process for each of its jobs, four at a time; a job is a request.  Prints how each ended. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 3
#define JOBS_A_ROUND 4

static size_t ignore(char *data, size_t size, size_t n, void *user)
{
	(void)data;
	(void)user;
	return size * n;
}

static const char *certificate; /* of https */

static int get(const char *base, const char *path)
{
	char url[256];
	snprintf(url, sizeof(url), "%s/%s", base, path);
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	if (certificate)
		curl_easy_setopt(curl, CURLOPT_CAINFO, certificate);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return (int)code;
}

int main(int argc, char **argv)
{
	if (argc != 2 && argc != 3)
		return 2;
	certificate = argv[2];
	curl_global_init(CURL_GLOBAL_DEFAULT);
	printf("%d\n", get(argv[1], "held/1"));
	fflush(stdout);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < JOBS_A_ROUND; i++) {
			if (fork() == 0)
				exit(40 + get(argv[1], "job"));
		}
		int status;
		while (wait(&status) > 0)
			printf("exit %d signal %d\n", WEXITSTATUS(status), WTERMSIG(status));
		fflush(stdout); /* or a child has it too */
	}
	printf("%d\n", get(argv[1], "held/2"));
	return 0;
}
