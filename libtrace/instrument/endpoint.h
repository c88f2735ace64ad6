/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h - whether anything takes spans where they would be sent to. */
#ifndef LT_INSTRUMENT_ENDPOINT_H
#define LT_INSTRUMENT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

/** The URL that OTEL_EXPORTER_OTLP_* name, shown without credentials; 0, or -EINVAL for none. */
int endpoint_url(char *url, size_t size);

/**
 * Asks it to take an empty export; over https only connects.  Waits 2 s for each answer.
 * @param ret_text  what came of it, for a reader
 * @return whether spans can be sent there, as far as this can tell
 */
bool endpoint_answers(char *ret_text, size_t size);

#endif
