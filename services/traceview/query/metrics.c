/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - /api/metrics/... */
#include "query/metrics.h"

#include "query/v1_search.h"

#include <stdlib.h>

int metrics_minstep(struct query *q)
{
	return query_error(q, 501, "metrics querying is currently disabled");
}

static bool is_kind(const char *text)
{
	for (uint32_t kind = KIND_INTERNAL; kind < KIND_COUNT; kind++) {
		if (strcmp(text, span_kind_name(kind)) == 0)
			return true;
	}
	return strcmp(text, "unspecified") == 0;
}

/* Whether a parameter other than service has a value that Jaeger accepts. */
static bool is_well_formed(const struct param *param)
{
	static const char *const integers[] = {"endTs", "lookback", "step", "ratePer"};
	int64_t integer;
	bool boolean;
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		if (strcmp(param->name, integers[i]) == 0)
			return !*param->value || parse_int64(param->value, &integer);
	}
	if (strcmp(param->name, "groupByOperation") == 0)
		return !*param->value || parse_bool(param->value, &boolean);
	return strcmp(param->name, "spanKind") != 0 || is_kind(param->value);
}

int metrics_rates(struct query *q)
{
	char why[QUERY_WHY_BYTES];
	bool has_service = false;
	for (size_t i = 0; i < q->params.n; i++)
		has_service |= strcmp(q->params.items[i].name, "service") == 0;
	if (!has_service)
		return query_error(q, 400,
			"unable to parse param 'service': please provide at least one service "
			"name");
	for (size_t i = 0; i < q->params.n; i++) {
		const struct param *param = &q->params.items[i];
		if (!is_well_formed(param)) {
			v1_bad_param(why, param->name, param->value);
			return query_error(q, 400, why);
		}
	}
	return metrics_minstep(q);
}

int metrics_latencies(struct query *q)
{
	const char *quantile = params_get(&q->params, "quantile");
	char why[QUERY_WHY_BYTES], *end = NULL;
	if (quantile)
		strtod(quantile, &end);
	if (!quantile || end == quantile || *end) {
		v1_bad_param(why, "quantile", quantile ? quantile : "");
		return query_error(q, 400, why);
	}
	return metrics_rates(q);
}
