/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - the --doctor option. */
#ifndef LT_INSTRUMENT_DOCTOR_H
#define LT_INSTRUMENT_DOCTOR_H

/**
 * Prints what of a program would be traced and why not, the settings in effect, and whether the
 * spans would arrive, using the agent's own parsers and exporter.
 * @return the exit code: 0 when it would or may be traced and its spans arrive, 1 when not, 126 and
 *         127 as when running it
 */
int doctor(const char *program);

#endif
