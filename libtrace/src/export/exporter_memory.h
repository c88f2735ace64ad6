/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LT_EXPORTER_MEMORY_H
#define LT_EXPORTER_MEMORY_H

#include <stdbool.h>

/** Whether there is a memory exporter, so that this process is a test. */
bool lt_exporter_memory_exists(void);

#endif
