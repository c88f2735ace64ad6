/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_threshold.c - a parent's tracestate, from which samplers read and write `ot=`. */
#include "fuzz.h"
#include "propagation/tracestate.h"
#include "trace/sampler.h"
#include "trace/threshold.h"

#include <stdlib.h>

static void sample(struct lt_sampler *sampler, const struct lt_span_context_view *parent)
{
	uint8_t trace_id[16] = {1, [9] = 0x80};
	struct lt_sampling_parameters parameters = {.parent = parent, .trace_id = trace_id};
	struct lt_sampling_result result;
	char again[LT_TRACESTATE_MAX + 1];
	result.tracestate = (struct lt_slice){NULL, 0};
	enum lt_decision decision = sampler->impl->sample(sampler, &parameters, &result);
	if (!result.tracestate.ptr)
		return;
	/* What is written is well-formed, whole, and read again as it was meant. */
	if (lt_tracestate_clean(result.tracestate, again) != result.tracestate.len)
		abort();
	struct lt_span_context_view child = {.tracestate = result.tracestate};
	uint64_t threshold = lt_threshold_of_parent(&child);
	if (decision == LT_DROP && threshold != LT_THRESHOLD_NEVER)
		abort();
	parameters.parent = &child;
	if (threshold != LT_THRESHOLD_NEVER && decision == LT_RECORD_AND_SAMPLE &&
		lt_randomness(&parameters) < threshold)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char list[LT_TRACESTATE_MAX + 1];
	size_t len = lt_tracestate_clean((struct lt_slice){(const char *)data, size}, list);
	struct lt_span_context_view parent = {.remote = true, .tracestate = {list, len}};
	struct lt_sampler *half, *based;
	if (lt_sampler_ratio_new(0.5, &half) != 0)
		return 0;
	sample(half, &parent);
	if (lt_sampler_parent_based_new(half, &based) != 0)
		return 0;
	sample(based, &parent);
	parent.flags = LT_FLAG_SAMPLED;
	sample(based, &parent);
	lt_sampler_free(based);
	sample(lt_sampler_always_on(), &parent);
	sample(lt_sampler_always_off(), &parent);
	return 0;
}
