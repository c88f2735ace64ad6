/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_soname.h - the one libh2o whose structures the agent knows, by the name its file gives
 * itself. */
#ifndef LT_AGENT_H2O_SONAME_H
#define LT_AGENT_H2O_SONAME_H

#include <h2o/version.h>

#define H2O_SONAME_TEXT(number) #number
#define H2O_SONAME_OF(major, minor)                                                                \
	"libh2o-evloop.so." H2O_SONAME_TEXT(major) "." H2O_SONAME_TEXT(minor)
#define H2O_SONAME H2O_SONAME_OF(H2O_LIBRARY_VERSION_MAJOR, H2O_LIBRARY_VERSION_MINOR)

#endif
