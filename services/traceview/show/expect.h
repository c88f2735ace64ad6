/* SPDX-License-Identifier: Apache-2.0 */
/* expect.h - compares a trace with expectations, a JSON file described in traceview(1). */
#ifndef TRACEVIEW_EXPECT_H
#define TRACEVIEW_EXPECT_H

#include "base/buffer.h"
#include "store/trace.h"

#define EXPECT_WHY_BYTES 512

struct expect;

/**
 * Reads a file.
 * @param path  "-": standard input
 * @return 0; -EINVAL, with why, for a file that cannot be read or has unknown members
 */
LT_CHECKED int expect_load(
	const char *path, struct expect **ret_expect, char ret_why[EXPECT_WHY_BYTES]);
/** expect_load() from memory. */
LT_CHECKED int expect_parse(
	struct lt_slice text, struct expect **ret_expect, char ret_why[EXPECT_WHY_BYTES]);
void expect_free(struct expect *expect); /* NULL is fine */

/**
 * Compares a trace with it.
 * @param out  the results in the Test Anything Protocol; failures stick to it
 * @return the number of expectations that do not hold; -ENOMEM
 */
LT_CHECKED long expect_check(
	const struct expect *expect, const struct trace *trace, struct buffer *out);

#endif
