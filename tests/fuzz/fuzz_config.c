/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - lists of pairs, as the environment has them. */
#include "config.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *rest = text;
	struct lt_config_pair pair;
	while (rest && lt_config_next_pair(&rest, &pair) > 0)
		if (*pair.key == '\0')
			abort();
	free(text);
	return 0;
}
