/* SPDX-License-Identifier: Apache-2.0 */
/* unloading.c - a plugin that used libtrace on a thread is unloaded; then the thread ends, and the
 * process forks and exits.  Each of these calls back into libtrace.
 *
 * usage: unloading PLUGIN
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *use_plugin(void *path)
{
	void *plugin = dlopen(path, RTLD_NOW);
	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	int (*trace_something)(void);
	*(void **)&trace_something = dlsym(plugin, "trace_something");
	if (trace_something() != 0 || dlclose(plugin) != 0)
		exit(1);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	for (int i = 0; i < 3; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, use_plugin, argv[1]);
		pthread_join(thread, NULL);
	}
	pid_t child = fork();
	if (child == 0)
		exit(0);
	int status;
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
