/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_curl.c - finds libcurl, preferably the flavour that the program has loaded. */
#include "export/exporter_curl.h"

#include "util/clock.h"
#include "util/exit.h"
#include "util/fork_lock.h"
#include "util/report.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define RETRY_FIRST_MS 1000 /* after a failure to load it, doubled each time */
#define RETRY_MAX_MS 60000  /* up to this */

#define NS_PER_MS UINT64_C(1000000)

/* The second is Debian's; both have the same interface.  A path is the build's own choice. */
static const char *const names[] = {
#ifdef LIBCURL_PATH
	LIBCURL_PATH,
#endif
	"libcurl.so.4", "libcurl-gnutls.so.4"};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

static struct lt_curl_library library;
static atomic_bool is_loaded; /* library is not written after that */

/* All of this runs with the fork lock held: */
static bool is_over;	     /* OpenSSL has been cleaned up: never again */
static uint64_t next_try_ns; /* monotonic */
static unsigned retry_ms;

struct problem {
	char text[256];
};

static void *open_library(int flags)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | flags);
		if (handle)
			return handle;
	}
	return NULL;
}

/* OpenSSL registers its exit handler at its first use, in curl_global_init().  Our handler cannot
 * run before one registered later, so an exit right after that would clean OpenSSL up while our
 * thread uses it, which crashes or waits for ever for a destroyed lock.  The first use decides for
 * the process; if that is ours, we request no clean-up.  The memory is freed with the process, as
 * always since OpenSSL 4 (https://github.com/openssl/openssl/pull/29385).
 *
 * Returns false after the clean-up: then OpenSSL must not be used any more. */
static bool prepare_openssl(void *libcurl)
{
	enum { NO_ATEXIT = 0x80000 }; /* OPENSSL_INIT_NO_ATEXIT, in openssl/crypto.h since 1.1.1 */
	int (*init)(uint64_t options, const void *settings);
	*(void **)&init = dlsym(libcurl, "OPENSSL_init_crypto"); /* of what libcurl depends on */
	return !init || init(NO_ATEXIT, NULL);
}

/* By handle, so that it is never the agent's wrapper. */
static bool find_functions(void *libcurl, struct problem *problem)
{
	const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"curl_global_init", &library.global_init},
		{"curl_easy_init", &library.easy_init},
		{"curl_easy_setopt", &library.easy_setopt},
		{"curl_easy_getinfo", &library.easy_getinfo},
		{"curl_easy_strerror", &library.easy_strerror},
		{"curl_easy_cleanup", &library.easy_cleanup},
		{"curl_multi_init", &library.multi_init},
		{"curl_multi_add_handle", &library.multi_add_handle},
		{"curl_multi_perform", &library.multi_perform},
		{"curl_multi_wait", &library.multi_wait},
		{"curl_multi_info_read", &library.multi_info_read},
		{"curl_multi_remove_handle", &library.multi_remove_handle},
		{"curl_multi_cleanup", &library.multi_cleanup},
		{"curl_slist_append", &library.slist_append},
		{"curl_slist_free_all", &library.slist_free_all},
	};
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(libcurl, symbols[i].name);
		if (!symbol) {
			snprintf(problem->text, sizeof(problem->text),
				"no libcurl to export with: it has no %s", symbols[i].name);
			return false;
		}
		*(void **)symbols[i].function = symbol;
	}
	*(void **)&library.multi_poll = dlsym(libcurl, "curl_multi_poll");
	*(void **)&library.multi_wakeup = dlsym(libcurl, "curl_multi_wakeup");
	return true;
}

static bool load(struct problem *problem)
{
	void *libcurl = open_library(RTLD_NOLOAD);
	if (!libcurl)
		libcurl = open_library(0);
	if (!libcurl) {
		snprintf(problem->text, sizeof(problem->text), "no libcurl to export with: %s",
			dlerror());
		return false;
	}
	if (!find_functions(libcurl, problem))
		return false;
	if (!prepare_openssl(libcurl)) {
		is_over = true;
		snprintf(problem->text, sizeof(problem->text),
			"the last spans are lost: the exit cleaned OpenSSL up first");
		return false;
	}
	lt_exit_renew(); /* runs before OpenSSL's clean-up if the program uses it */
	CURLcode code = library.global_init(CURL_GLOBAL_DEFAULT);
	lt_exit_renew(); /* runs before that of another TLS library, registered just now */
	if (code != CURLE_OK)
		snprintf(problem->text, sizeof(problem->text), "libcurl does not start: %s",
			library.easy_strerror(code));
	return code == CURLE_OK;
}

static void try_to_load(struct problem *problem)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (is_over || atomic_load(&is_loaded) || now_ns < next_try_ns)
		return;
	if (load(problem)) {
		atomic_store(&is_loaded, true);
		return;
	}
	retry_ms = retry_ms ? 2 * retry_ms : RETRY_FIRST_MS;
	if (retry_ms > RETRY_MAX_MS)
		retry_ms = RETRY_MAX_MS;
	next_try_ns = now_ns + retry_ms * NS_PER_MS;
}

const struct lt_curl_library *lt_curl_library(void)
{
	struct problem problem = {""};
	if (!atomic_load_explicit(&is_loaded, memory_order_acquire)) {
		lt_fork_lock_watch();
		if (!lt_fork_lock_take())
			return NULL;
		try_to_load(&problem);
		lt_fork_lock_give();
	}
	if (problem.text[0])
		lt_report_limited("no libcurl", LT_LEVEL_ERROR, "%s", problem.text);
	return atomic_load(&is_loaded) ? &library : NULL;
}
