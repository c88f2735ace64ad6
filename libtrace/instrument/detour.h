/* SPDX-License-Identifier: Apache-2.0 */
/* detour.h - another path for a file whose own path cannot stand in LD_PRELOAD. */
#ifndef LT_INSTRUMENT_DETOUR_H
#define LT_INSTRUMENT_DETOUR_H

#include <limits.h>
#include <stdbool.h>

/** Whether LD_PRELOAD can name this path: it parts at blanks and colons, and expands $. */
bool link_is_needed(const char *path);

/**
 * Makes a link to the file's folder, so that what lies beside the file is found beside the link,
 * and puts the path through it in path's place.  The link stays: programs that are started later
 * by those that run now need it too.  There is one for each folder ever linked to.
 *
 * It is in /run/libtrace (root's) or /tmp/libtrace-UID, which must be the caller's own folder that
 * nobody else may write to: otherwise another user could choose what is preloaded.
 *
 * @return 0; -EINVAL when the file's name itself is at fault; -EPERM when there is no such folder
 *         and none can be made; or another -Exxx
 */
int link_make(char path[PATH_MAX]);

#endif
