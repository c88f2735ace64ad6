/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_checkout_query.c - the query of a checkout.  A value that is found is found again when each
 * of its bytes is escaped. */
#include "fuzz.h"
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX_BYTES 256

static void find_again(struct query_value value)
{
	char escaped[sizeof("item=") + 3 * VALUE_MAX_BYTES] = "item=", buffer[VALUE_MAX_BYTES];
	struct query_value again;
	size_t len = strlen(escaped);
	for (size_t i = 0; i < value.len; i++)
		len += (size_t)sprintf(escaped + len, "%%%02x", (unsigned char)value.bytes[i]);
	if (!query_get(h2o_iovec_init(escaped, len), "item", buffer, sizeof(buffer), &again))
		abort();
	if (!again.is_valid || again.len != value.len ||
		memcmp(again.bytes, value.bytes, value.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buffer[VALUE_MAX_BYTES];
	struct query_value value;
	if (!query_get(h2o_iovec_init((const char *)data, size), "item", buffer, sizeof(buffer),
		    &value))
		return 0;
	if (value.len > sizeof(buffer) || (value.len && !value.is_valid))
		abort();
	if (value.is_valid)
		find_again(value);
	return 0;
}
