/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - the table of all OTEL_* variables that library and agent read. */
#ifndef LT_INSTRUMENT_KNOWN_H
#define LT_INSTRUMENT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#define KNOWN_NAME_MAX_BYTES                                                                       \
	128 /* of a variable or option; OpenTelemetry's longest is half of it */

enum known_reader {
	READ_BY_LIBRARY, /* also in programs that make spans of their own */
	READ_BY_AGENT,
};

enum known_secret {
	SHOWN,	/* its value may be shown to anybody */
	HIDDEN, /* it is a secret */
	URL,	/* it may have one in it: lt_otlp_endpoint_shown() */
};

struct known {
	const char *name;     /* OTEL_X_Y */
	const char *value;    /* what to put there, in a word or two */
	const char *fallback; /* what holds without it; "" for nothing */
	enum known_reader reader;
	enum known_secret secret;
	const char *text; /* what it is for, in half a line */
};

extern const struct known known_settings[];
extern const size_t n_known_settings;

/** The setting of a variable's name; that of OTEL_EXPORTER_OTLP_X for OTEL_EXPORTER_OTLP_TRACES_X,
 * which wins over it; NULL for a variable that nobody here reads. */
const struct known *known_find(const char *variable);

/** Whether an unknown variable looks like one of OpenTelemetry's that others may read: it begins as
 * a group of them does. */
bool known_has_form(const char *variable);

enum known_likeness {
	UNLIKE,
	SIMILAR, /* it may be meant */
	TYPO,	 /* nothing else can be meant */
};

/** The known variable that may be meant by an unknown one; ret_nearest is filled unless UNLIKE. */
enum known_likeness known_nearest(const char *variable, char ret_nearest[KNOWN_NAME_MAX_BYTES]);

/** Whether two names differ by a slip of the hand or less. */
bool known_is_slip(const char *a, const char *b);

/** The option that stands for a variable: "--x-y" for OTEL_X_Y. */
void known_option(const char *variable, char ret_option[KNOWN_NAME_MAX_BYTES]);

#endif
