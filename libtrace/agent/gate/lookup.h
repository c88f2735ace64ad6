/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - redirects what bypasses LD_PRELOAD: dlsym on a library's handle, and objects opened
 * with RTLD_DEEPBIND. */
#ifndef LT_AGENT_LOOKUP_H
#define LT_AGENT_LOOKUP_H

/** Marks the objects loaded so far as examined: they were bound in the usual way. */
void lookup_start(void);

#endif
