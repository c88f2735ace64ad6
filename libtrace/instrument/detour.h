/* SPDX-License-Identifier: Apache-2.0 */
/* detour.h - another path for a file whose own path LD_PRELOAD cannot contain. */
#ifndef LT_INSTRUMENT_DETOUR_H
#define LT_INSTRUMENT_DETOUR_H

#include <limits.h>
#include <stdbool.h>

/** Whether LD_PRELOAD cannot contain this path: blanks and colons separate, $ is expanded. */
bool link_is_needed(const char *path);

/**
 * Creates a link to the file's folder, so that files beside it are found beside the link, and
 * replaces path by the path through it. The link stays: programs started later by running ones need
 * it too. There is one per folder ever linked to.
 *
 * It is in /run/libtrace (root's) or /tmp/libtrace-UID, which must be owned by the caller and
 * writable by nobody else: otherwise another user could choose what is preloaded.
 *
 * @return 0; -EINVAL when the file's name itself has such a character; -EPERM when there is no such
 *         folder and none can be made; or another -Exxx
 */
int link_make(char path[PATH_MAX]);

#endif
