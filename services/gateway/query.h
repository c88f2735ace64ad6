/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - the parameters of a URL's query: application/x-www-form-urlencoded.
 * Source: https://url.spec.whatwg.org/#application/x-www-form-urlencoded */
#ifndef GATEWAY_QUERY_H
#define GATEWAY_QUERY_H

#include <h2o.h>
#include <stdbool.h>

struct query_value {
	const char *bytes; /* in the caller's buffer */
	size_t len;
	bool is_valid; /* given once, well-formed, no longer than the buffer */
};

/**
 * Finds a parameter and decodes its value: '+' is a space, %41 is 'A'.
 * @param name  letters only
 * @return whether the parameter is present
 */
bool query_get(h2o_iovec_t query, const char *name, char *buffer, size_t capacity,
	struct query_value *ret_value);

#endif
