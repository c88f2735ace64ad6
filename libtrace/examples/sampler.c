/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.c - a sampler of one's own, which drops health checks; below a span that is there the
 * parent-based sampler follows it.
 *
 *	$ ./sampler
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	GET /checkout  INTERNAL  5.0 us
 *	  query  INTERNAL  0.2 us
 */
#include <libtrace/sdk.h>

static enum lt_decision sample(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	struct lt_slice name = parameters->name;

	(void)self;
	(void)result;
	if (name.len == 12 && memcmp(name.ptr, "GET /healthz", 12) == 0)
		return LT_DROP;
	return LT_RECORD_AND_SAMPLE;
}

static void serve(struct lt_tracer *tracer, const char *name)
{
	struct lt_span *span = lt_span_start(tracer, name, NULL);
	LT_SCOPE(span);

	lt_span_end(lt_span_start(tracer, "query", NULL));
	lt_span_end(span);
}

int main(void)
{
	static const struct lt_sampler_impl impl = {.sample = sample};
	struct lt_sampler root = {&impl}; /* one with state has this as its first member */
	struct lt_provider_options options = {0};
	struct lt_provider *provider;

	if (lt_sampler_parent_based_new(&root, &options.sampler) ||
		lt_provider_new(&options, &provider))
		return 1;
	struct lt_tracer *tracer = lt_tracer_get(provider, "sampler", NULL);
	serve(tracer, "GET /healthz");
	serve(tracer, "GET /checkout");
	lt_provider_free(provider);
	return 0;
}
