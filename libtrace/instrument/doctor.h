/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - what --doctor prints. */
#ifndef LT_INSTRUMENT_DOCTOR_H
#define LT_INSTRUMENT_DOCTOR_H

/**
 * Says on standard output what of a program would be traced and why not, which settings hold, and
 * whether the spans would arrive: by the agent's own readers and exporter.
 * @return the exit code: 0 when it would or may be traced and its spans arrive, 1 when not, 126 and
 *         127 as in running it
 */
int doctor(const char *program);

#endif
