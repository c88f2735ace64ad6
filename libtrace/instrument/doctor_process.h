/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_process.h - the --doctor option for a running process. */
#ifndef LT_INSTRUMENT_DOCTOR_PROCESS_H
#define LT_INSTRUMENT_DOCTOR_PROCESS_H

#include <sys/types.h>

/**
 * Prints whether the agent is in a process, what it traces there, which way spans leave it, the
 * settings that it was started with, and why it is not traced. Nothing is sent, and the process is not
 * disturbed.
 * @return the exit code: 0 it is traced, 1 it is not, 2 it is not known
 */
int doctor_process(pid_t pid);

#endif
