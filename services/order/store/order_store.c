/* SPDX-License-Identifier: Apache-2.0 */
#include "order_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct order_store_impl *const backends[] = {
#if ORDER_HAS_SQLITE
	&order_store_sqlite,
#endif
#if ORDER_HAS_POSTGRESQL
	&order_store_postgresql,
#endif
	NULL,
};

/* Of all backends, also those that this build has not. */
static const char *const schemes[] = {"sqlite", "postgresql", "postgres"};

static bool has_scheme(const char *url, const char *scheme)
{
	size_t len = scheme ? strlen(scheme) : 0;

	return len > 0 && strncmp(url, scheme, len) == 0 && url[len] == ':';
}

static const struct order_store_impl *find_backend(const char *url)
{
	for (size_t i = 0; backends[i]; i++) {
		if (has_scheme(url, backends[i]->schemes[0]) ||
			has_scheme(url, backends[i]->schemes[1]))
			return backends[i];
	}
	return NULL;
}

const char *order_store_error_name(enum order_store_error error)
{
	switch (error) {
	case ORDER_STORE_OK:
		return "";
	case ORDER_STORE_NOT_FOUND:
		return "not_found";
	case ORDER_STORE_BUSY:
		return "store_busy";
	case ORDER_STORE_FULL:
		return "store_full";
	case ORDER_STORE_UNAVAILABLE:
		break;
	}
	return "store_unavailable";
}

int order_store_open(const char *url, const struct order_store_settings *settings,
	char why[ORDER_STORE_WHY_BYTES], struct order_store **ret_store)
{
	if (strcmp(url, "none") == 0) {
		*ret_store = NULL;
		return 0;
	}
	const struct order_store_impl *backend = find_backend(url);
	if (backend) {
		int err = backend->open(url, settings, why, ret_store);
		if (err == -ENOMEM)
			snprintf(why, ORDER_STORE_WHY_BYTES, "out of memory");
		return err;
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (has_scheme(url, schemes[i])) {
			snprintf(why, ORDER_STORE_WHY_BYTES,
				"this program is built without a store for %s", schemes[i]);
			return -EINVAL;
		}
	}
	snprintf(why, ORDER_STORE_WHY_BYTES, "must be none, sqlite:FILE or postgresql://...");
	return -EINVAL;
}
