/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_from_env.h - the exporters that OTEL_TRACES_EXPORTER names. */
#ifndef LT_EXPORTER_FROM_ENV_H
#define LT_EXPORTER_FROM_ENV_H

#include <libtrace/sdk.h>

enum lt_exporter_kind {
	LT_EXPORTER_OTLP,
	LT_EXPORTER_CONSOLE,
	LT_EXPORTER_STDOUT, /* "otlp/stdout": OTLP/JSON lines */
	LT_EXPORTER_FILE,   /* "otlp/file": the same, in OTEL_C_OTLP_FILE */
	LT_EXPORTER_KINDS
};

/**
 * The members of the list, each once, in order; otlp where it is unset.  Unknown ones are reported and
 * left out; when there is no other, otlp is used.
 * @return how many; 0 for none
 */
size_t lt_exporter_kinds_from_env(enum lt_exporter_kind ret_kinds[LT_EXPORTER_KINDS]);

/** Whether otlp is the only one. */
bool lt_exporter_is_otlp_alone(void);

/**
 * Creates one of the environment's settings.
 * @param ret_exporter  new
 * @return 0, -EINVAL for an invalid endpoint (reported), or -ENOMEM
 */
int lt_exporter_from_env(enum lt_exporter_kind kind, struct lt_exporter **ret_exporter);

#endif
