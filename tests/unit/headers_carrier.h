/* SPDX-License-Identifier: Apache-2.0 */
/* headers_carrier.h - a carrier of headers in a struct, which allocates nothing. */
#ifndef HEADERS_CARRIER_H
#define HEADERS_CARRIER_H

#include <errno.h>
#include <libtrace/propagation.h>
#include <stdio.h>
#include <strings.h>

#define HEADERS_MAX 40

struct headers {
	struct header {
		char name[32];
		char value[1024];
	} items[HEADERS_MAX];
	size_t n;
};

static bool headers_get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const struct headers *headers = carrier;
	for (size_t i = 0; i < headers->n; i++) {
		if (strcasecmp(headers->items[i].name, key) == 0 && index-- == 0) {
			*ret_value = lt_slice(headers->items[i].value);
			return true;
		}
	}
	return false;
}

static int headers_set(void *carrier, const char *key, const char *value)
{
	struct headers *headers = carrier;
	if (headers->n == HEADERS_MAX)
		return -ENOSPC;
	snprintf(headers->items[headers->n].name, sizeof(headers->items[0].name), "%s", key);
	snprintf(headers->items[headers->n].value, sizeof(headers->items[0].value), "%s", value);
	headers->n++;
	return 0;
}

static const struct lt_carrier_impl headers_impl = {headers_get, headers_set};

#endif
