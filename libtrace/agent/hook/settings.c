/* SPDX-License-Identifier: Apache-2.0 */
#include "hook/settings.h"
#include "http/http.h"
#include "util/config.h"
#include "util/defaults.h"
#include "util/slice.h"
#include <libtrace/instrumentation.h>

#define EXIT_TIMEOUT_MAX_MS 3600000

#define EXCLUDED_MAX 64	       /* paths in OTEL_C_EXCLUDED_URLS */
#define EXCLUDED_MAX_BYTES 256 /* of one */

/* Copied, since the program may change its environment. */
static struct {
	char text[EXCLUDED_MAX_BYTES];
	size_t len; /* not 0 */
} excluded[EXCLUDED_MAX];
static size_t n_excluded;

/* Splits a list; items, max of them at most, are borrowed from the environment.  Returns how many. */
static size_t read_list(const char *name, const char *otherwise, size_t max, struct lt_slice *items)
{
	struct lt_slice list = lt_config_text(name), item;
	size_t n = 0;

	if (!list.ptr)
		list = lt_slice(otherwise);
	while (lt_config_next_item(&list, &item)) {
		if (n == max) {
			lt_report(LT_LEVEL_WARN, "%s: only the first %zu are used", name, max);
			break;
		}
		items[n++] = item;
	}
	return n;
}

static enum response_headers response_headers(void)
{
	static const char *const words[] = {[RESPONSE_HEADERS_NONE] = "false",
		[RESPONSE_HEADERS_EDGE] = "edge",
		[RESPONSE_HEADERS_ALL] = "true"};

	return (enum response_headers)lt_config_word("OTEL_C_RESPONSE_HEADERS", words,
		sizeof(words) / sizeof(words[0]), RESPONSE_HEADERS_ALL);
}

static void read_excluded(void)
{
	struct lt_slice paths[EXCLUDED_MAX];
	size_t n = read_list("OTEL_C_EXCLUDED_URLS", LT_DEFAULT_EXCLUDED_URLS, EXCLUDED_MAX, paths);

	n_excluded = 0;
	for (size_t i = 0; i < n; i++) {
		if (paths[i].len > EXCLUDED_MAX_BYTES) {
			lt_report(LT_LEVEL_WARN,
				"OTEL_C_EXCLUDED_URLS: a path of more than %d bytes is ignored",
				EXCLUDED_MAX_BYTES);
			continue;
		}
		memcpy(excluded[n_excluded].text, paths[i].ptr, paths[i].len);
		excluded[n_excluded++].len = paths[i].len;
	}
}

static void read_methods(void)
{
	struct lt_slice methods[HTTP_METHODS_MAX];
	/* RFC 9110, RFC 5789 and the QUERY draft, the most frequent ones first. */
	size_t n = read_list("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
		"GET,POST,PUT,DELETE,HEAD,PATCH,OPTIONS,CONNECT,TRACE,QUERY", HTTP_METHODS_MAX,
		methods);

	http_know_methods(methods, n);
}

static struct hook_setting read_hook(const char *variable, const char *const *words, size_t n)
{
	size_t word = lt_config_word(variable, words, n, 0);

	return (struct hook_setting){.word = word, .is_off = strcmp(words[word], "false") == 0};
}

struct settings settings_init(void)
{
	struct settings settings = {
		.response_headers = response_headers(),
		.comments_queries = lt_config_bool("OTEL_C_SQLCOMMENTER"),
		.exit_timeout_ms = (unsigned)lt_config_uint(
			"OTEL_C_EXIT_TIMEOUT", LT_DEFAULT_EXIT_TIMEOUT_MS, 0, EXIT_TIMEOUT_MAX_MS),
	};

	read_methods();
	read_excluded();
#define HOOK_SETTING(id, variable, text, ...)                                                      \
	settings.hooks[HOOK_##id] = read_hook(variable, (const char *const[]){__VA_ARGS__},        \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *));
#include <hook_tables.h>
	return settings;
}

/* An entry that ends in "*" names all paths that begin as it does. */
bool settings_exclude(struct lt_slice path)
{
	for (size_t i = 0; i < n_excluded; i++) {
		struct lt_slice entry = {excluded[i].text, excluded[i].len};
		bool is_prefix = entry.ptr[entry.len - 1] == '*';
		entry.len -= is_prefix;
		if (is_prefix ? lt_slice_starts_with(path, entry) : lt_slice_equal(path, entry))
			return true;
	}
	return false;
}
