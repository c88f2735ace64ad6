/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_endpoint.c - the endpoint in a setting. */
#include "export/otlp_endpoint.h"
#include "fuzz.h"

#include <stdlib.h>

static void check_url(struct lt_slice text, const char *path)
{
	char *url, *again;
	if (lt_otlp_endpoint_new(text, path, &url) != 0)
		return;
	/* It is one that can be used as it is: no blank, no fragment, a path. */
	if (strpbrk(url, " \t\r\n#") || lt_otlp_endpoint_new(lt_slice(url), NULL, &again) != 0)
		abort();
	if (strcmp(url, again) != 0)
		abort();
	free(again);
	free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = strndup((const char *)data, size);
	struct lt_slice text = lt_slice(copy);
	check_url(text, "v1/traces");
	check_url(text, NULL);
	char *shown = lt_otlp_endpoint_shown(text);
	if (strpbrk(shown, "@#") || (strchr(shown, '?') && !strstr(shown, "?(not shown)")))
		abort();
	free(shown);
	free(copy);
	return 0;
}
