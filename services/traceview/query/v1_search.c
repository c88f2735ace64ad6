/* SPDX-License-Identifier: Apache-2.0 */
/* v1_search.c - the parameters of a search in the query API v1. */
#include "query/v1_search.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)

bool v1_bad_param(char why[QUERY_WHY_BYTES], const char *name, const char *value)
{
	snprintf(why, QUERY_WHY_BYTES, "unable to parse param '%s': \"%.80s\"", name, value);
	return false;
}

static uint64_t ns_of_us(int64_t us)
{
	return us < 0				       ? 0
	       : (uint64_t)us < UINT64_MAX / NS_PER_US ? (uint64_t)us * NS_PER_US
						       : UINT64_MAX;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

bool v1_read_times(const struct params *params, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *start = params_get(params, "start"), *end = params_get(params, "end");
	const char *lookback = params_get(params, "lookback");
	int64_t value;
	if (start) {
		if (!parse_int64(start, &value))
			return v1_bad_param(why, "start", start);
		search->start_min_ns = ns_of_us(value);
	} else if (lookback && parse_duration(lookback, &value) && value > 0) {
		uint64_t now = now_ns();
		search->start_min_ns = now > (uint64_t)value ? now - (uint64_t)value : 0;
	}
	if (end) {
		if (!parse_int64(end, &value))
			return v1_bad_param(why, "end", end);
		search->start_max_ns = ns_of_us(value);
	}
	return true;
}

static bool read_durations(
	const struct params *params, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *min = params_get(params, "minDuration");
	const char *max = params_get(params, "maxDuration");
	if (!query_read_min_duration(min, search))
		return v1_bad_param(why, "minDuration", min);
	if (!query_read_max_duration(max, search))
		return v1_bad_param(why, "maxDuration", max);
	if (search->duration_min_ns > search->duration_max_ns) {
		snprintf(
			why, QUERY_WHY_BYTES, "'maxDuration' should be greater than 'minDuration'");
		return false;
	}
	return true;
}

/* `tags={"key":"value"}` and any number of `tag=key:value`. */
static bool read_tags(struct query *q, struct search *search, char why[QUERY_WHY_BYTES])
{
	for (size_t i = 0; i < q->params.n; i++) {
		const struct param *param = &q->params.items[i];
		if (strcmp(param->name, "tags") == 0 && *param->value) {
			int n = snprintf(why, QUERY_WHY_BYTES, "malformed 'tags' parameter, ");
			if (!query_parse_tags(
				    q, param->value, search, why + n, QUERY_WHY_BYTES - (size_t)n))
				return false;
		} else if (strcmp(param->name, "tag") == 0) {
			const char *colon = strchr(param->value, ':');
			struct lt_slice key = {
				param->value, colon ? (size_t)(colon - param->value) : 0};
			if (!colon || !query_add_tag(q, search, key, lt_slice(colon + 1))) {
				snprintf(why, QUERY_WHY_BYTES,
					"malformed 'tag' parameter, expecting key:value, received: "
					"%.80s",
					param->value);
				return false;
			}
		}
	}
	return true;
}

bool v1_read_search(struct query *q, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *limit = params_get(&q->params, "limit");
	*search = SEARCH_ALL(0);
	search->service = lt_slice(params_get(&q->params, "service"));
	search->operation = lt_slice(params_get(&q->params, "operation"));
	if (!query_read_limit(q, limit, search))
		return v1_bad_param(why, "limit", limit);
	return v1_read_times(&q->params, search, why) && read_durations(&q->params, search, why) &&
	       read_tags(q, search, why);
}
