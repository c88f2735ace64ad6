/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_proxy.c - no_proxy, and an address that it may name: a name would be looked up. */
#include "export/proxy.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exceptions = strndup((const char *)data, size);
	const struct lt_proxy proxy = {.url = (char[]){"p"}, .exceptions = exceptions};
	(void)lt_proxy_exemption(&proxy, lt_slice("10.1.2.3"));
	(void)lt_proxy_exemption(&proxy, lt_slice("fd00::1"));
	if (!lt_proxy_exemption(&proxy, lt_slice("127.0.0.1")))
		abort();
	free(exceptions);
	return 0;
}
