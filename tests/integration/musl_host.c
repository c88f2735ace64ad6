/* SPDX-License-Identifier: Apache-2.0 */
/* musl_host.c - a program of musl that knows nothing of tracing: HOW ARGUMENT...; test_musl.py compiles it with
 * musl-gcc, for which there are no headers of libcurl. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CURLOPT_URL 10002
#define CURLOPT_NOSIGNAL 99
#define N_THREADS 4
#define N_REQUESTS 20

void *curl_easy_init(void);
int curl_easy_setopt(void *easy, int option, ...);
int curl_easy_perform(void *easy);
void curl_easy_cleanup(void *easy);
int curl_global_init(long flags);

static const char *url;

static int request(void)
{
	void *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	int result = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	fflush(stdout);
	return result;
}

/* By pointers, as an interpreter's foreign functions have them. */
static int request_by_pointers(const char *library)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	void *(*init)(void) = handle ? dlsym(handle, "curl_easy_init") : NULL;
	int (*setopt)(void *, int, ...) = handle ? dlsym(handle, "curl_easy_setopt") : NULL;
	int (*perform)(void *) = handle ? dlsym(handle, "curl_easy_perform") : NULL;
	void (*cleanup)(void *) = handle ? dlsym(handle, "curl_easy_cleanup") : NULL;

	if (!init || !setopt || !perform || !cleanup) {
		fprintf(stderr, "%s\n", dlerror());
		return 100;
	}
	void *easy = init();
	setopt(easy, CURLOPT_URL, url);
	int result = perform(easy);
	cleanup(easy);
	return result;
}

static void *request_often(void *user)
{
	for (int i = 0; i < N_REQUESTS; i++)
		*(int *)user |= request();
	return NULL;
}

static int request_in_threads(void)
{
	pthread_t threads[N_THREADS];
	int results[N_THREADS] = {0}, all = 0;

	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, request_often, &results[i]);
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i], NULL);
		all |= results[i];
	}
	return all;
}

static int ended(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

/* Before a fork, in its child and after it. */
static int request_around_a_fork(void)
{
	int result = request();
	pid_t pid = fork();

	if (pid == 0)
		exit(request());
	return result | ended(pid) | request();
}

static int request_around_a_program(char **command)
{
	int result = request();
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	return result | ended(pid);
}

int main(int argc, char **argv)
{
	const char *how = argv[1];

	url = argv[2];
	curl_global_init(3);
	if (strcmp(how, "threads") == 0)
		return request_in_threads();
	if (strcmp(how, "fork") == 0)
		return request_around_a_fork();
	if (strcmp(how, "program") == 0)
		return request_around_a_program(argv + 3);
	return strcmp(how, "pointers") == 0 ? request_by_pointers(argv[3]) : 98;
}
