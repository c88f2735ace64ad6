/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - `traceview check`: compares a trace with a file of expectations. */
#ifndef TRACEVIEW_CHECK_H
#define TRACEVIEW_CHECK_H

/**
 * Runs the command.
 * @param argv  argv[0] is "check"
 * @return the exit status: 0 when all expectations hold; 1 otherwise, or without the trace; 2 for a
 * usage error
 */
int check_main(int argc, char **argv);

#endif
