/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - reads OTEL_* variables as the specification says: empty is unset, bad is reported and
 * unset.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/common/
 */
#ifndef LT_CONFIG_H
#define LT_CONFIG_H

#include <libtrace/trace.h>

/** The variable's value, borrowed from the environment; NULL when unset or empty. */
const char *lt_config_string(const char *name);

/** A whole number from min to max; otherwise it is reported and the answer is fallback. */
uint64_t lt_config_uint(const char *name, uint64_t fallback, uint64_t min, uint64_t max);

/** A number; false when unset, or malformed, which is reported. */
bool lt_config_double(const char *name, double *ret_value);

/** Whether it is "true", in any letter case; anything but true and false is reported and false. */
bool lt_config_bool(const char *name);

/* One step through "k=v,k=v" with percent-encoded parts, as OTEL_RESOURCE_ATTRIBUTES and
 * OTEL_EXPORTER_OTLP_HEADERS have it (W3C Baggage without its properties). */
struct lt_config_pair {
	char *key;   /* decoded, NUL-terminated, inside the text */
	char *value; /* likewise */
};

/**
 * Takes the next pair off *text, decoding in place.
 * @param text  advanced; NULL when the last pair has been taken
 * @return 1; 0 at the end; -EBADMSG when the pair has no '=', no key, or a broken escape
 */
int lt_config_next_pair(char **text, struct lt_config_pair *ret_pair);

/** Takes the next member off the comma-separated *text, blanks trimmed, in place; NULL at the end.
 */
char *lt_config_next_item(char **text);

#endif
