/* SPDX-License-Identifier: Apache-2.0 */
/* curl_library.c - finds libcurl, preferring the flavour that the program has loaded anyway. */
#include "curl_library.h"

#include "exit.h"

#include <dlfcn.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* The second is Debian's; both have the same interface.  A path is the build's own choice. */
static const char *const names[] = {
#ifdef LIBCURL_PATH
	LIBCURL_PATH,
#endif
	"libcurl.so.4", "libcurl-gnutls.so.4"};
enum { N_NAMES = sizeof names / sizeof names[0] };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct lt_curl_library library;
static bool is_loaded;

static void *open_library(int flags)
{
	for (int i = 0; i < N_NAMES; i++) {
		void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | flags);
		if (handle)
			return handle;
	}
	return NULL;
}

/* OpenSSL registers its clean-up for the exit at its first use, within curl_global_init.  No
 * handler of ours can be before one registered a moment ago, so an exit just then would take
 * OpenSSL from under our thread, which crashes, or waits for ever for a lock that is gone.  Who
 * uses OpenSSL first decides for the process; if that is us, we ask for no clean-up.  Its memory
 * ends with the process, as it always does since OpenSSL 4
 * (https://github.com/openssl/openssl/pull/29385).
 *
 * Returns false when the clean-up has been: then nothing of OpenSSL may be touched. */
static bool prepare_openssl(void *libcurl)
{
	enum { NO_ATEXIT = 0x80000 }; /* OPENSSL_INIT_NO_ATEXIT, in openssl/crypto.h since 1.1.1 */
	int (*init)(uint64_t options, const void *settings);
	*(void **)&init = dlsym(libcurl, "OPENSSL_init_crypto"); /* of what libcurl depends on */
	return !init || init(NO_ATEXIT, NULL);
}

static void load(void)
{
	void *handle = open_library(RTLD_NOLOAD);
	if (!handle)
		handle = open_library(0);
	if (!handle) {
		lt_report(LT_LEVEL_ERROR, "no libcurl to export with: %s", dlerror());
		return;
	}
	const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"curl_global_init", &library.global_init},
		{"curl_easy_init", &library.easy_init},
		{"curl_easy_setopt", &library.easy_setopt},
		{"curl_easy_perform", &library.easy_perform},
		{"curl_easy_getinfo", &library.easy_getinfo},
		{"curl_easy_strerror", &library.easy_strerror},
		{"curl_easy_cleanup", &library.easy_cleanup},
		{"curl_slist_append", &library.slist_append},
		{"curl_slist_free_all", &library.slist_free_all},
	};
	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
		void *symbol = dlsym(handle, symbols[i].name); /* by handle: never the agent's */
		if (!symbol) {
			lt_report(LT_LEVEL_ERROR, "libcurl has no %s", symbols[i].name);
			return;
		}
		*(void **)symbols[i].function = symbol;
	}
	if (!prepare_openssl(handle)) {
		lt_report(LT_LEVEL_WARN,
			"the last spans are lost: the exit cleaned OpenSSL up first");
		return;
	}
	lt_exit_renew(); /* before the clean-up of a program that has come to use OpenSSL */
	is_loaded = library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	lt_exit_renew(); /* before that of any other TLS library, registered just now */
}

const struct lt_curl_library *lt_curl_library(void)
{
	pthread_once(&once, load);
	return is_loaded ? &library : NULL;
}
