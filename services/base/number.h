/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - reads whole numbers. */
#ifndef SERVICES_NUMBER_H
#define SERVICES_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/** @return false: it is no whole number from min to max, in digits alone; ret_number is as it was then */
bool number_read(const char *bytes, size_t len, unsigned min, unsigned max, unsigned *ret_number);

#endif
