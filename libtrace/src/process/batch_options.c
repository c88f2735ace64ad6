/* SPDX-License-Identifier: Apache-2.0 */
/* batch_options.c - a batch processor's limits: the program's, the environment's or the
 * defaults. */
#include "process/batch.h"
#include "util/config.h"
#include "util/defaults.h"

#define QUEUE_SIZE_MAX (1 << 20)	  /* 2 GiB of blocks: a larger value is a mistake */
#define QUEUE_BYTES_MIN (2 * 1024 * 1024) /* any single span fits: LT_ARENA_MAX_BYTES */

struct lt_batch_options lt_batch_options_resolve(const struct lt_batch_options *options)
{
	struct lt_batch_options limits = *options;
	if (!limits.max_queue_size)
		limits.max_queue_size = lt_config_uint(
			"OTEL_BSP_MAX_QUEUE_SIZE", LT_DEFAULT_BSP_QUEUE_SPANS, 1, QUEUE_SIZE_MAX);
	if (!limits.max_batch_size)
		limits.max_batch_size = lt_config_uint("OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
			LT_DEFAULT_BSP_BATCH_SPANS, 1, QUEUE_SIZE_MAX);
	if (!limits.schedule_delay_ms)
		limits.schedule_delay_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_SCHEDULE_DELAY", LT_DEFAULT_BSP_SCHEDULE_DELAY_MS, 0, INT32_MAX);
	if (!limits.export_timeout_ms)
		limits.export_timeout_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_EXPORT_TIMEOUT", LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS, 0, INT32_MAX);
	if (!limits.max_queue_bytes)
		limits.max_queue_bytes = lt_config_uint("OTEL_C_MAX_QUEUE_BYTES",
			LT_DEFAULT_QUEUE_BYTES, QUEUE_BYTES_MIN, PTRDIFF_MAX);
	if (limits.max_queue_bytes < QUEUE_BYTES_MIN)
		limits.max_queue_bytes = QUEUE_BYTES_MIN;
	if (limits.max_batch_size > limits.max_queue_size)
		limits.max_batch_size = limits.max_queue_size;
	if (limits.max_batch_size > limits.max_queue_bytes / LT_SPAN_BLOCK_BYTES)
		limits.max_batch_size = limits.max_queue_bytes / LT_SPAN_BLOCK_BYTES;
	if (!limits.schedule_delay_ms)
		limits.schedule_delay_ms = 1; /* "at once" without a busy loop */
	return limits;
}
