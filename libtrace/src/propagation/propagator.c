/* SPDX-License-Identifier: Apache-2.0 */
/* propagator.c - extract and inject in the formats of OTEL_PROPAGATORS. */
#include "propagation/propagator.h"

#include "util/config.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool use_tracecontext;

static void read_config(void)
{
	struct lt_slice list = lt_config_text("OTEL_PROPAGATORS"), name;
	use_tracecontext = !list.ptr; /* the default; baggage is not implemented */
	while (lt_config_next_item(&list, &name)) {
		if (lt_slice_is_word(name, "tracecontext"))
			use_tracecontext = true;
		else if (!lt_slice_is_word(name, "none") && !lt_slice_is_word(name, "baggage"))
			lt_report(LT_LEVEL_WARN,
				"OTEL_PROPAGATORS: \"%.*s\" is not known here; left out",
				(int)name.len, name.ptr);
	}
}

int lt_extract(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context)
{
	if (!impl || !impl->get)
		return -ENOENT;
	pthread_once(&once, read_config);
	return use_tracecontext ? lt_tracecontext_extract(impl, carrier, ret_context) : -ENOENT;
}

int lt_inject(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_span_context *context)
{
	struct lt_span_context current;
	if (!context) {
		current = lt_span_get_context(lt_span_current());
		context = &current;
	}
	pthread_once(&once, read_config);
	if (!use_tracecontext || !lt_span_context_is_valid(context) || !impl || !impl->set)
		return 0;
	return lt_tracecontext_inject(impl, carrier, context);
}
