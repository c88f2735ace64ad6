/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - the table of all OTEL_* variables that library and agent read. */
#ifndef LT_INSTRUMENT_KNOWN_H
#define LT_INSTRUMENT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#define KNOWN_NAME_MAX_BYTES                                                                       \
	128 /* of a variable or option; OpenTelemetry's longest has half of it */

enum known_reader {
	READ_BY_LIBRARY, /* also in programs with spans of their own */
	READ_BY_AGENT,
};

enum known_secret {
	SHOWN,	/* its value may be printed */
	HIDDEN, /* it is a secret */
	URL,	/* it may contain one: lt_otlp_endpoint_shown() */
};

struct known {
	const char *name;     /* OTEL_X_Y */
	const char *value;    /* placeholder of its value in --help */
	const char *fallback; /* the default; "" for none */
	enum known_reader reader;
	enum known_secret secret;
	const char *text; /* description, half a line */
};

extern const struct known known_settings[];
extern const size_t n_known_settings;

/** Finds the setting of a variable; for OTEL_EXPORTER_OTLP_TRACES_X, which overrides
 * OTEL_EXPORTER_OTLP_X, that of the latter; NULL for a variable that is not read here. */
const struct known *known_find(const char *variable);

/** Whether an unknown variable has a prefix of OpenTelemetry's variables and may be read by other
 * SDKs. */
bool known_has_form(const char *variable);

enum known_likeness {
	UNLIKE,
	SIMILAR, /* possibly meant */
	TYPO,	 /* certainly meant */
};

/** Finds the known variable most similar to an unknown one; ret_nearest is filled unless UNLIKE. */
enum known_likeness known_nearest(const char *variable, char ret_nearest[KNOWN_NAME_MAX_BYTES]);

/** Whether two names are equal or differ by a typing error. */
bool known_is_slip(const char *a, const char *b);

/** The option that stands for a variable: "--x-y" for OTEL_X_Y. */
void known_option(const char *variable, char ret_option[KNOWN_NAME_MAX_BYTES]);

#endif
