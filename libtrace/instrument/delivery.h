/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h - whether spans would be delivered, determined by the library itself. */
#ifndef LT_INSTRUMENT_DELIVERY_H
#define LT_INSTRUMENT_DELIVERY_H

#include <stdbool.h>

/**
 * Reads all settings as library and agent do, prints their errors and the service's name.
 * @param program  the program's name, as it would determine it
 */
void delivery_read_settings(const char *program);

/**
 * Sends an empty export through the configured exporter, and prints the result.
 * @return whether spans would arrive
 */
bool delivery_try(void);

#endif
