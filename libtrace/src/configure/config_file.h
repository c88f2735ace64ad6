/* SPDX-License-Identifier: Apache-2.0 */
/* config_file.h - the file that OTEL_CONFIG_FILE names, which stands for all other OTEL_* variables
 * but this project's own OTEL_C_*.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk/
 */
#ifndef LT_CONFIG_FILE_H
#define LT_CONFIG_FILE_H

#include <libtrace/propagation.h>
#include <libtrace/sdk.h>

/* Of schema 1.x. */
struct lt_config_file {
	bool is_disabled; /* the SDK is, or there is no tracer provider: spans hand contexts on */
	struct lt_resource *resource;
	struct lt_sampler *sampler;	/* NULL: the default */
	struct lt_processor *processor; /* NULL: it is disabled */
	struct lt_span_limits limits;
	struct lt_propagator *propagator; /* NULL: the default's */
	enum lt_level log_level;
};

/**
 * Reads the file, whole or not at all; errors are reported.  Keys that are not known here are
 * reported and left out.
 * @param ret_config  its parts are new
 * @return 0; -EINVAL for a file that is no configuration of this schema or wants what is not there;
 *   -ENOTSUP without libyaml; -ENOMEM; or the error of reading it, such as -ENOENT
 */
LT_API int lt_config_file_read(struct lt_config_file *ret_config);

/**
 * For each exporter of the file, in order: calls visit, which takes the exporter.
 * @param kind  such as "otlp_http"; borrowed for the call
 * @return as lt_config_file_read(); 0 also where there is none
 */
int lt_config_file_exporters(
	void (*visit)(const char *kind, struct lt_exporter *exporter, void *user), void *user);

#endif
