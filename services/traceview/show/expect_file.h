/* SPDX-License-Identifier: Apache-2.0 */
/* expect_file.h - whether a file of expectations is well-formed; for expect.c. */
#ifndef TRACEVIEW_EXPECT_FILE_H
#define TRACEVIEW_EXPECT_FILE_H

#include <jansson.h>
#include <stdbool.h>

#define EXPECT_FILE_WHY_BYTES 512

/** Whether every key is known and has a value of its kind; why says what is not. */
bool expect_file_is_valid(const json_t *root, char why[EXPECT_FILE_WHY_BYTES]);

#endif
