/* SPDX-License-Identifier: Apache-2.0 */
/* expect_file.h - validates a file of expectations; private to expect.c. */
#ifndef TRACEVIEW_EXPECT_FILE_H
#define TRACEVIEW_EXPECT_FILE_H

#include <jansson.h>
#include <stdbool.h>

#define EXPECT_FILE_WHY_BYTES 512

/** Whether every key is known and has a value of the right type; false with why. */
bool expect_file_is_valid(const json_t *root, char why[EXPECT_FILE_WHY_BYTES]);

#endif
