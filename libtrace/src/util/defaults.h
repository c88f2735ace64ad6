/* SPDX-License-Identifier: Apache-2.0 */
/* defaults.h - the values of OTEL_* variables that are not set, for their readers and for the
 * launcher's table (instrument/known.c), which --help prints.
 *
 * Numbers are literals, since the table prints them.
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/,
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
#ifndef LT_DEFAULTS_H
#define LT_DEFAULTS_H

#define LT_DEFAULT_OTLP_ENDPOINT "http://localhost:4318"
#define LT_DEFAULT_OTLP_TIMEOUT_MS 10000

#define LT_DEFAULT_BSP_SCHEDULE_DELAY_MS 5000
#define LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS 30000
#define LT_DEFAULT_BSP_QUEUE_SPANS 2048
#define LT_DEFAULT_BSP_BATCH_SPANS 512
#define LT_DEFAULT_QUEUE_BYTES 67108864 /* 64 MiB */

#define LT_DEFAULT_SPAN_LIMIT 128 /* attributes, events and links of a span, attributes of these */

#define LT_DEFAULT_DETECTORS "service,process,host"

#define LT_DEFAULT_EXCLUDED_URLS "/healthz,/readyz"
#define LT_DEFAULT_EXIT_TIMEOUT_MS 2000

#endif
