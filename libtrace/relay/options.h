/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line. */
#ifndef LT_RELAY_OPTIONS_H
#define LT_RELAY_OPTIONS_H

enum { EXIT_CANNOT = 1, EXIT_USAGE = 2 };

/**
 * @param ret_path  of --listen; NULL: the launcher has started it
 * @return -1 to go on, or the exit code: help or version have been printed, or what is wrong
 */
int options_read(char **argv, const char **ret_path);

#endif
