/* SPDX-License-Identifier: Apache-2.0 */
/* say.h - the doctor's lines: a topic and a text. */
#ifndef LT_INSTRUMENT_SAY_H
#define LT_INSTRUMENT_SAY_H

/** Prints a line, cut if too long, with question marks for control characters. */
void say(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
