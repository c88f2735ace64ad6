/* SPDX-License-Identifier: Apache-2.0 */
/* detector_texts.h - reads what resource detectors find in files of the system. */
#ifndef LT_DETECTOR_TEXTS_H
#define LT_DETECTOR_TEXTS_H

#include <libtrace/trace.h>

/** A container's id in /proc/self/cgroup, where the cgroup is named after it.  Borrowed; false: none. */
bool lt_cgroup_container_id(struct lt_slice cgroup, struct lt_slice *ret_id);

/** The same in /proc/self/mountinfo, where files such as /etc/hostname come from its folder. */
bool lt_mountinfo_container_id(struct lt_slice mountinfo, struct lt_slice *ret_id);

/**
 * The value of a variable of /etc/os-release, without quotes and escapes.
 * @param room  for a value of less than size bytes; a longer one counts as absent
 * Source: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
 */
bool lt_os_release_value(struct lt_slice text, const char *name, char *room, size_t size);

#endif
