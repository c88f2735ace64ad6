/* SPDX-License-Identifier: Apache-2.0 */
/* log_ids.c - the current span's ids as parts of a log line. */
#include <libtrace/trace.h>
#include <stdio.h>

struct lt_log_ids lt_log_ids(void)
{
	struct lt_log_ids log;
	struct lt_span_context context = lt_span_get_context(lt_span_current());
	struct lt_ids ids = lt_span_context_ids(&context);
	log.text[0] = log.json[0] = '\0';
	if (!ids.trace_id[0])
		return log;
	snprintf(log.text, sizeof(log.text), " trace_id=%s span_id=%s trace_flags=%s", ids.trace_id,
		ids.span_id, ids.trace_flags);
	snprintf(log.json, sizeof(log.json),
		",\"trace_id\":\"%s\",\"span_id\":\"%s\",\"trace_flags\":\"%s\"", ids.trace_id,
		ids.span_id, ids.trace_flags);
	return log;
}
