/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_curl/curl_url.h"
#include <stdatomic.h>

static _Atomic uint64_t n_changes;

enum { SCHEME, USER, PASSWORD, HOST, PORT, PATH, QUERY, FRAGMENT, N_PARTS };

static const CURLUPart names[N_PARTS] = {
	[SCHEME] = CURLUPART_SCHEME,
	[USER] = CURLUPART_USER,
	[PASSWORD] = CURLUPART_PASSWORD,
	[HOST] = CURLUPART_HOST,
	[PORT] = CURLUPART_PORT,
	[PATH] = CURLUPART_PATH,
	[QUERY] = CURLUPART_QUERY,
	[FRAGMENT] = CURLUPART_FRAGMENT,
};

static const char *or_nothing(const char *part)
{
	return part ? part : "";
}

static const char *if_there(const char *part, const char *separator)
{
	return part ? separator : "";
}

static void take_over(struct url *url, char *const parts[N_PARTS])
{
	const char *user = parts[USER] ? parts[USER] : parts[PASSWORD];
	const char *const pieces[] = {
		parts[SCHEME],
		"://",
		or_nothing(parts[USER]),
		if_there(parts[PASSWORD], ":"),
		or_nothing(parts[PASSWORD]),
		if_there(user, "@"),
		parts[HOST],
		if_there(parts[PORT], ":"),
		or_nothing(parts[PORT]),
		parts[PATH],
		if_there(parts[QUERY], "?"),
		or_nothing(parts[QUERY]),
		if_there(parts[FRAGMENT], "#"),
		or_nothing(parts[FRAGMENT]),
	};

	url_set_pieces(url, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

void curl_url_changed(void)
{
	atomic_fetch_add_explicit(&n_changes, 1, memory_order_release);
}

void curl_url_read(
	struct curl_url *last, struct hook_library *library, const CURLU *handle, struct url *url)
{
	const struct curl_url now = {
		handle, atomic_load_explicit(&n_changes, memory_order_acquire)};
	char *parts[N_PARTS];

	if (last->handle == now.handle && last->n_changes == now.n_changes)
		return;
	*last = now;
	if (!CURL_REAL(library, curl_url_get)) /* before libcurl 7.62 */
		return;
	for (size_t i = 0; i < N_PARTS; i++) {
		/* Before libcurl 7.87 its parameter is not const. */
		if (CURL_REAL(library, curl_url_get)(
			    (CURLU *)(uintptr_t)handle, names[i], &parts[i], 0) != CURLUE_OK)
			parts[i] = NULL;
	}
	if (parts[SCHEME] && parts[HOST] && parts[PATH])
		take_over(url, parts);
	for (size_t i = 0; i < N_PARTS; i++) {
		if (parts[i])
			CURL_REAL(library, curl_free)(parts[i]);
	}
}
