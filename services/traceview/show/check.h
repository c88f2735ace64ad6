/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - `traceview check`: compares a trace with what a file expects. */
#ifndef TRACEVIEW_CHECK_H
#define TRACEVIEW_CHECK_H

/**
 * Runs the command.
 * @param argv  argv[0] is "check"
 * @return what to exit with: 0 when all holds; 1 when not, or without the trace; 2 for a usage error
 */
int check_main(int argc, char **argv);

#endif
