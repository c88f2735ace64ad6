/* SPDX-License-Identifier: Apache-2.0 */
#include "database/database.h"
#include "hook/agent.h"
#include "http/attribute.h"
#include <libtrace/semconv.h>

static const char *none_if_empty(const char *text)
{
	return text && *text ? text : NULL;
}

struct lt_span *database_start(struct lt_tracer *tracer, const struct database_call *call)
{
	const char *summary = none_if_empty(call->summary);
	const struct lt_attr attrs[] = {
		attr_str(LT_DB_SYSTEM_NAME, call->system),
		attr_str(LT_DB_QUERY_SUMMARY, call->is_operation ? NULL : summary),
		attr_strn(LT_DB_QUERY_TEXT, call->text),
		attr_str(LT_DB_NAMESPACE, none_if_empty(call->name_space)),
		attr_str(LT_SERVER_ADDRESS, none_if_empty(call->address)),
		attr_int(LT_SERVER_PORT, call->port),
		attr_str(LT_NETWORK_PEER_ADDRESS, none_if_empty(call->peer)),
	};

	return lt_span_start(tracer, summary ? summary : call->system,
		&(struct lt_span_options){
			.kind = LT_KIND_CLIENT,
			.parent = !lt_span_current() && agent.has_environment_parent
					  ? &agent.environment_parent
					  : NULL,
			.start_ns = call->start_ns,
			.attrs = attrs,
			.n_attrs = sizeof(attrs) / sizeof(attrs[0]),
		});
}

void database_end(struct lt_span *span, const char *code, const char *error)
{
	if (error && span && lt_span_is_recording(span)) {
		lt_span_set(span, LT_ATTRS(attr_str(LT_DB_RESPONSE_STATUS_CODE, code),
					  attr_str(LT_ERROR_TYPE, error)));
		lt_span_status(span, LT_STATUS_ERROR, NULL);
	}
	lt_span_end(span);
}
