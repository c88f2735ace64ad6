/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_from_env.h - the exporter that OTEL_TRACES_EXPORTER names. */
#ifndef LT_EXPORTER_FROM_ENV_H
#define LT_EXPORTER_FROM_ENV_H

#include <libtrace/sdk.h>

enum lt_exporter_kind { LT_EXPORTER_OTLP, LT_EXPORTER_CONSOLE, LT_EXPORTER_NONE };

/**
 * Creates it: otlp (the default), console or none.
 * @param ret_exporter  new; NULL for none, and on failure
 * @param ret_kind      filled in any case
 * @return 0, -EINVAL for an invalid endpoint (reported), or -ENOMEM
 */
int lt_exporter_from_env(struct lt_exporter **ret_exporter, enum lt_exporter_kind *ret_kind);

#endif
