/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_library.h - libh2o's own functions.
 *
 * The agent knows the structures of the libh2o whose headers it was compiled with, and is not
 * linked with it: the functions are found in the libh2o that the program calls. */
#ifndef LT_AGENT_H2O_LIBRARY_H
#define LT_AGENT_H2O_LIBRARY_H

#include "hook/hook.h"

/* H2O_REAL(library, h2o_process_request)(req) */
#define H2O_REAL(library, name) HOOK_REAL(h2o, library, name)

#endif
