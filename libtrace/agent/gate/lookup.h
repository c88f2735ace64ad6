/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - the ways round LD_PRELOAD, led back to it: dlsym on a library's handle, and objects
 * opened with RTLD_DEEPBIND.
 */
#ifndef LT_AGENT_LOOKUP_H
#define LT_AGENT_LOOKUP_H

/** What is loaded by now was bound in the usual way. */
void lookup_start(void);

#endif
