/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - reads OTEL_* variables as the specification requires: an empty one counts as unset, an
 * invalid one is reported and counts as unset.  Library, agent and launcher read all settings here.
 *
 * Blanks around a value are ignored: a value from a file often ends in a newline.  None of this
 * depends on the program's locale.  In a program that runs with more rights than its caller
 * (set-uid, file capabilities) every variable is unset: see secure_getenv(3).
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/common/
 */
#ifndef LT_CONFIG_H
#define LT_CONFIG_H

#include <libtrace/trace.h>

/** Whether OTEL_CONFIG_FILE is set: then all other variables of OpenTelemetry count as unset, but for
 * this project's own, OTEL_C_*. */
bool lt_config_has_file(void);

/** The variable's value, borrowed from the environment; ptr is NULL when it is unset. */
struct lt_slice lt_config_text(const char *name);

/** The same as a new string; NULL when the variable is unset, or there is no memory. */
char *lt_config_copy(const char *name);

/** A whole number from min to max; any other value is reported, and fallback is returned. */
uint64_t lt_config_uint(const char *name, uint64_t fallback, uint64_t min, uint64_t max);

/** A decimal number as in C, in any locale; false for any other text. */
bool lt_config_double(struct lt_slice text, double *ret_value);

/** A number from 0 to 1; any other value is reported, and 1 is returned. */
double lt_config_ratio(const char *name);

/** Whether it is "true", in any letter case; anything but true and false is reported and counts as
 * false. */
bool lt_config_bool(const char *name);

/**
 * One of n words, in any letter case; any other value is reported and ignored.
 * @return the word's index, else fallback, which is an index too
 */
size_t lt_config_word(const char *name, const char *const *words, size_t n, size_t fallback);

/** Takes the next member off a comma-separated list, empty ones skipped; false at the end. */
bool lt_config_next_item(struct lt_slice *list, struct lt_slice *ret_item);

/* A pair of "k=v,k=v" with percent-encoded parts, the form of OTEL_RESOURCE_ATTRIBUTES and
 * OTEL_EXPORTER_OTLP_HEADERS (W3C Baggage without its properties). */
struct lt_config_pair {
	char *key;   /* decoded, NUL-terminated, inside the text */
	char *value; /* likewise */
};

/**
 * Takes the next pair off *text, decoding in place.
 * @param text  advanced, also past an invalid pair; NULL once the last one has been taken
 * @return 1; 0 at the end; -EBADMSG when the pair has no '=', no key, or a broken escape
 */
int lt_config_next_pair(char **text, struct lt_config_pair *ret_pair);

#endif
