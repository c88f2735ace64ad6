/* SPDX-License-Identifier: Apache-2.0 */
/* coding.c - finds the content coding of a request body. */
#include "serve/coding.h"

#include "serve/gzip.h"
#include "serve/zstandard.h"

#include <strings.h>

#if TRACEVIEW_HAS_ZSTD
#define ZSTD_CODING {"zstd", zstd_inflate},
const char coding_names[] = "gzip, zstd";
#else
#define ZSTD_CODING
const char coding_names[] = "gzip";
#endif

static const struct coding codings[] = {{"identity", NULL}, {"none", NULL}, /* of some exporters */
	{"gzip", gzip_inflate}, ZSTD_CODING};

const struct coding *coding_find(struct lt_slice name)
{
	if (!name.len)
		return &codings[0];
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++)
		if (name.len == strlen(codings[i].name) &&
			strncasecmp(name.ptr, codings[i].name, name.len) == 0)
			return &codings[i];
	return NULL;
}
