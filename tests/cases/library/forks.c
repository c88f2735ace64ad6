/* SPDX-License-Identifier: Apache-2.0 */
/* forks.c - a program that forks while its first span is exported.
 *
 *	forks LIBCURL N
 *
 * It loads LIBCURL, a path, before that, and sets it up; "-" is none.  Then it ends a span, forks N
 * times, a millisecond apart, and ends another.  Each child ends a span of its own and exports it.
 * Prints how they ended: "ok N", "signal S N", "exit E N", "hung N"; what is 0 is left out.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libtrace/sdk.h>

#define FORKS_MAX 1000
#define SPACING_US 1000
#define CHILD_MS 10000		   /* of a child's export */
#define HUNG_MS (CHILD_MS + 20000) /* of all of them, on a slow machine */

static struct lt_provider *provider;

static void end_span(const char *name)
{
	lt_span_end(lt_span_start(lt_tracer_get(provider, "forks", NULL), name, NULL));
}

static void nap(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static int load(const char *path)
{
	int (*global_init)(long);
	void *(*easy_init)(void);
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return -1;
	}
	*(void **)&global_init = dlsym(library, "curl_global_init");
	*(void **)&easy_init = dlsym(library, "curl_easy_init");
	return global_init && easy_init && global_init(3) == 0 && easy_init() ? 0 : -1;
}

static _Noreturn void be_child(void)
{
	end_span("child");
	_exit(lt_provider_flush(provider, CHILD_MS) == 0 ? 0 : 1);
}

/* False when it has not ended. */
static bool count(pid_t child, unsigned signals[65], unsigned exits[256])
{
	int status;
	if (waitpid(child, &status, WNOHANG) != child)
		return false;
	if (WIFSIGNALED(status))
		signals[WTERMSIG(status)]++;
	else
		exits[WEXITSTATUS(status)]++;
	return true;
}

static void wait_for_all(pid_t *children, int n)
{
	unsigned signals[65] = {0}, exits[256] = {0}, n_hung = 0;
	int n_left = n;
	for (int ms = 0; n_left && ms < HUNG_MS; ms++) {
		for (int i = 0; i < n; i++)
			if (children[i] && count(children[i], signals, exits)) {
				children[i] = 0;
				n_left--;
			}
		nap(1000);
	}
	for (int i = 0; i < n; i++)
		if (children[i]) {
			kill(children[i], SIGKILL);
			waitpid(children[i], NULL, 0);
			n_hung++;
		}
	if (exits[0])
		printf("ok %u\n", exits[0]);
	for (int i = 1; i < 256; i++)
		if (exits[i])
			printf("exit %d %u\n", i, exits[i]);
	for (int i = 1; i < 65; i++)
		if (signals[i])
			printf("signal %d %u\n", i, signals[i]);
	if (n_hung)
		printf("hung %u\n", n_hung);
}

int main(int argc, char **argv)
{
	pid_t children[FORKS_MAX];
	int n = argc == 3 ? atoi(argv[2]) : 0;
	if (n < 1 || n > FORKS_MAX || (strcmp(argv[1], "-") != 0 && load(argv[1]) != 0))
		return 2;
	if (lt_provider_new(NULL, &provider) != 0)
		return 2;
	end_span("first");
	for (int i = 0; i < n; i++) {
		children[i] = fork();
		if (children[i] == 0)
			be_child();
		if (children[i] < 0)
			return 2;
		nap(SPACING_US);
	}
	wait_for_all(children, n);
	end_span("last");
	int err = lt_provider_flush(provider, CHILD_MS);
	printf("parent %s\n", err ? strerror(-err) : "ok");
	lt_provider_free(provider);
	return 0;
}
