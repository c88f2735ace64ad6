/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h - what becomes of spans, asked of the library itself. */
#ifndef LT_INSTRUMENT_DELIVERY_H
#define LT_INSTRUMENT_DELIVERY_H

#include <stdbool.h>

/**
 * Reads all settings as library and agent do, prints what is wrong with them, and the service's
 * name.
 * @param program  what the program is called, as it sees it itself
 */
void delivery_read_settings(const char *program);

/**
 * Sends an empty export through the exporter that the settings name, and prints what came of it.
 * @return whether spans would arrive
 */
bool delivery_try(void);

#endif
