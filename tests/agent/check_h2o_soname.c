/* SPDX-License-Identifier: Apache-2.0 */
/* check_h2o_soname.c - a libh2o with known structures is traced, any other is refused with a
 * reason. */
#include "hook_h2o/h2o_soname.h"
#include <stdio.h>
#include <string.h>

static int n_failed;

/* reason: a part of it; NULL: it is traced */
static void check(const char *soname, const char *reason)
{
	const char *refused = h2o_soname_refused(soname);

	if (!refused == !reason && (!reason || strstr(refused, reason)))
		return;
	fprintf(stderr, "\"%s\": %s\n", soname, refused ? refused : "is traced");
	n_failed++;
}

int main(void)
{
	check(H2O_SONAME_EVLOOP, NULL);
	check(H2O_SONAME_UV, AGENT_KNOWS_LIBUV ? NULL : "without libuv's headers");
	check("libh2o-evloop.so.9.9", "built for " H2O_SONAME_EVLOOP);
	check("libh2o.so.9.9",
		AGENT_KNOWS_LIBUV ? "and " H2O_SONAME_UV : "built for " H2O_SONAME_EVLOOP);
	check("", "built for");
	return n_failed > 0;
}
