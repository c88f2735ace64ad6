/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_h2o/h2o_soname.h"
#include <string.h>

const char *h2o_soname_refused(const char *soname)
{
	if (strcmp(soname, H2O_SONAME_EVLOOP) == 0)
		return NULL;
	if (strcmp(soname, H2O_SONAME_UV) != 0)
		return "this agent was built for " H2O_SONAME_EVLOOP
#if AGENT_KNOWS_LIBUV
		       " and " H2O_SONAME_UV
#endif
			;
#if AGENT_KNOWS_LIBUV
	return NULL;
#else
	return "this agent was built without libuv's headers (uv.h)";
#endif
}
