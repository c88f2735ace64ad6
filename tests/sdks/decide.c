/* SPDX-License-Identifier: Apache-2.0 */
/* decide.c RATIO - reads "TRACE-ID PARENT-TRACESTATE" a line ("-": no parent) and prints what the
 * ratio sampler decides, 0 or 1, and the tracestate that follows. */
#include <libtrace/sdk.h>
#include <stdio.h>
#include <stdlib.h>

static int decide(struct lt_sampler *sampler, const char *id, const char *tracestate)
{
	uint8_t trace_id[16];
	for (int i = 0; i < 16; i++)
		if (sscanf(id + 2 * i, "%2hhx", &trace_id[i]) != 1)
			return -1;
	struct lt_span_context_view parent = {
		.remote = true, .span_id = {1}, .tracestate = lt_slice(tracestate)};
	struct lt_sampling_parameters parameters = {
		.parent = strcmp(tracestate, "-") ? &parent : NULL, .trace_id = trace_id};
	struct lt_sampling_result result = {0};
	enum lt_decision decision = sampler->impl->sample(sampler, &parameters, &result);
	if (!result.tracestate.ptr && parameters.parent)
		result.tracestate = parent.tracestate;
	printf("%d %.*s\n", decision == LT_RECORD_AND_SAMPLE, (int)result.tracestate.len,
		result.tracestate.ptr ? result.tracestate.ptr : "");
	return 0;
}

int main(int argc, char **argv)
{
	struct lt_sampler *sampler;
	char id[33], tracestate[LT_TRACESTATE_MAX + 1];
	if (argc != 2 || lt_sampler_ratio_new(atof(argv[1]), &sampler) != 0)
		return EXIT_FAILURE;
	while (scanf("%32s %512s", id, tracestate) == 2)
		if (decide(sampler, id, tracestate) != 0)
			return EXIT_FAILURE;
	sampler->impl->free(sampler);
	return EXIT_SUCCESS;
}
