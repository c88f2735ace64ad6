/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - `traceview show`: a trace in the terminal. */
#ifndef TRACEVIEW_SHOW_H
#define TRACEVIEW_SHOW_H

/**
 * Runs the command.
 * @param argv  argv[0] is "show"
 * @return the exit status: 0; 1 when there is no such trace; 2 for a usage error
 */
int show_main(int argc, char **argv);

#endif
