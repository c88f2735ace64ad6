/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - `traceview list` and `traceview tail`: recent traces, a line each. */
#ifndef TRACEVIEW_LIST_H
#define TRACEVIEW_LIST_H

/* Each runs its command.  @param argv argv[0] is the command's name
 * @return the exit status: 0; 1 when the backend fails; 2 for a usage error */
int list_main(int argc, char **argv);
int tail_main(int argc, char **argv);

#endif
