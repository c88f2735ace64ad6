/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_host.c - a program with plugins, each of which must be served by its own libcurl.
 *
 *   plugin_host cycles N PLUGIN NUMBER PLUGIN NUMBER   one after the other, each unloaded before the next
 *   plugin_host threads N PLUGIN NUMBER PLUGIN NUMBER  each cycles on a thread of its own
 *   plugin_host beside PLUGIN NUMBER...                all at once
 *   plugin_host deep URL PLUGIN                        opened with RTLD_DEEPBIND, result printed
 *   plugin_host handles LIBRARY NUMBER...              libcurl's functions by dlsym
 *   plugin_host symbols LIBRARY                        what dlsym says of what there is and is not
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLUGINS_MAX 16
#define NOWHERE "http://127.0.0.1:1/"

static void *open_or_die(const char *path, int mode)
{
	void *handle = dlopen(path, mode);

	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	return handle;
}

/* Returns how many calls went elsewhere than to the plugin's own library. */
static int run_plugin(void *handle, int number)
{
	int (*run)(const char *);

	*(void **)&run = dlsym(handle, "run");
	int result = run(NOWHERE);
	if (result != number)
		printf("%d instead of %d\n", result, number);
	return result != number;
}

static int cycles(int n, char **plugins)
{
	ElfW(Addr) last = 0;
	int n_wrong = 0, n_reused = 0;

	for (int i = 0; i < 2 * n; i++) {
		void *handle = open_or_die(plugins[i % 2 * 2], RTLD_NOW | RTLD_LOCAL);
		struct link_map *map;
		dlinfo(handle, RTLD_DI_LINKMAP, &map);
		n_reused += map->l_addr == last;
		last = map->l_addr;
		n_wrong += run_plugin(handle, atoi(plugins[i % 2 * 2 + 1]));
		dlclose(handle);
	}
	printf("%d wrong, addresses %s\n", n_wrong, n_reused > n ? "used again" : "not used again");
	return n_wrong > 0;
}

struct thread {
	pthread_t id;
	int n, number, n_wrong;
	const char *plugin;
};

static void *cycle(void *user)
{
	struct thread *thread = user;

	for (int i = 0; i < thread->n; i++) {
		void *handle = open_or_die(thread->plugin, RTLD_NOW | RTLD_LOCAL);
		thread->n_wrong += run_plugin(handle, thread->number);
		dlclose(handle);
	}
	return NULL;
}

static int threads(int n, char **plugins)
{
	struct thread list[2];
	int n_wrong = 0;

	for (int i = 0; i < 2; i++) {
		list[i] = (struct thread){
			.n = n, .plugin = plugins[2 * i], .number = atoi(plugins[2 * i + 1])};
		pthread_create(&list[i].id, NULL, cycle, &list[i]);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(list[i].id, NULL);
		n_wrong += list[i].n_wrong;
	}
	printf("%d wrong\n", n_wrong);
	return n_wrong > 0;
}

static int beside(char **plugins)
{
	void *handles[PLUGINS_MAX];
	int n = 0, n_wrong = 0;

	for (; plugins[2 * n] && n < PLUGINS_MAX; n++)
		handles[n] = open_or_die(plugins[2 * n], RTLD_NOW | RTLD_LOCAL);
	for (int i = 0; i < 3 * n; i++)
		n_wrong += run_plugin(handles[i % n], atoi(plugins[i % n * 2 + 1]));
	printf("%d wrong of %d\n", n_wrong, 3 * n);
	return n_wrong > 0;
}

static int deep(const char *url, const char *plugin)
{
	int (*run)(const char *);

	*(void **)&run = dlsym(open_or_die(plugin, RTLD_LAZY | RTLD_DEEPBIND), "run");
	printf("%d\n", run(url));
	return 0;
}

static int handles(char **libraries)
{
	int n_wrong = 0, n = 0;
	void *opened[PLUGINS_MAX];

	for (; libraries[2 * n] && n < PLUGINS_MAX; n++)
		opened[n] = open_or_die(libraries[2 * n], RTLD_NOW | RTLD_LOCAL);
	for (int i = 0; i < n; i++) {
		CURL *(*init)(void);
		CURLcode (*setopt)(CURL *, CURLoption, ...), (*perform)(CURL *);
		void (*cleanup)(CURL *);
		*(void **)&init = dlsym(opened[i], "curl_easy_init");
		*(void **)&setopt = dlsym(opened[i], "curl_easy_setopt");
		*(void **)&perform = dlsym(opened[i], "curl_easy_perform");
		*(void **)&cleanup = dlsym(opened[i], "curl_easy_cleanup");
		CURL *easy = init();
		int set = (int)setopt(easy, CURLOPT_URL, NOWHERE), result = (int)perform(easy);
		cleanup(easy);
		n_wrong += set != 0 || result != atoi(libraries[2 * i + 1]);
	}
	printf("%d wrong of %d\n", n_wrong, n);
	return n_wrong > 0;
}

static void tell(const char *what, void *handle, const char *name)
{
	void *symbol = dlsym(handle, name);

	/* The error's own words name files. */
	printf("%s %s: %s, %s\n", what, name, symbol ? "found" : "none",
		dlerror() ? "error" : "no error");
}

static int symbols(const char *path)
{
	tell("before", RTLD_DEFAULT, "curl_easy_perform");
	tell("before", RTLD_NEXT, "curl_easy_perform");
	void *handle = open_or_die(path, RTLD_NOW | RTLD_LOCAL), *itself = dlopen(NULL, RTLD_NOW);
	static const char *const names[] = {"curl_easy_perform", "curl_easy_pause", "curl_url_set",
		"h2o_process_request", "main"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		tell("handle", handle, names[i]);
		tell("default", RTLD_DEFAULT, names[i]);
		tell("itself", itself, names[i]);
	}
	printf("%d\n", dlvsym(handle, "curl_easy_perform", "NO_SUCH_VERSION") == NULL);
	printf("%d\n", dlclose(itself));
	return 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";

	if (strcmp(how, "cycles") == 0 && argc == 7)
		return cycles(atoi(argv[2]), argv + 3);
	if (strcmp(how, "threads") == 0 && argc == 7)
		return threads(atoi(argv[2]), argv + 3);
	if (strcmp(how, "beside") == 0)
		return beside(argv + 2);
	if (strcmp(how, "deep") == 0 && argc == 4)
		return deep(argv[2], argv[3]);
	if (strcmp(how, "handles") == 0)
		return handles(argv + 2);
	if (strcmp(how, "symbols") == 0)
		return symbols(argv[2]);
	fputs("see the file's top\n", stderr);
	return 2;
}
