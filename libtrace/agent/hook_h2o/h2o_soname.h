/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_soname.h - the soname of the libh2o whose structures the agent knows. */
#ifndef LT_AGENT_H2O_SONAME_H
#define LT_AGENT_H2O_SONAME_H

#include <h2o/version.h>

#define H2O_SONAME_TEXT(number) #number
#define H2O_SONAME_OF(name, major, minor)                                                          \
	name ".so." H2O_SONAME_TEXT(major) "." H2O_SONAME_TEXT(minor)
#define H2O_SONAME(name) H2O_SONAME_OF(name, H2O_LIBRARY_VERSION_MAJOR, H2O_LIBRARY_VERSION_MINOR)
#define H2O_SONAME_EVLOOP H2O_SONAME("libh2o-evloop") /* with its own event loop */
#define H2O_SONAME_UV H2O_SONAME("libh2o")	      /* with libuv's */

/** Why a libh2o of that name is not traced; static; NULL: it is. */
const char *h2o_soname_refused(const char *soname);

#endif
