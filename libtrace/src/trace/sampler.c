/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.c - the built-in samplers.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
 */
#include "trace/sampler.h"

#include "util/config.h"

#include <errno.h>
#include <stdlib.h>

void lt_sampler_free(struct lt_sampler *sampler)
{
	if (sampler && sampler->impl->free)
		sampler->impl->free(sampler);
}

static void free_sampler(struct lt_sampler *self)
{
	free(self);
}

/* --- always on, always off ---------------------------------------------------------------- */

static enum lt_decision sample_on(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	return LT_RECORD_AND_SAMPLE;
}

static enum lt_decision sample_off(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	return LT_DROP;
}

static const struct lt_sampler_impl on_impl = {.sample = sample_on};
static const struct lt_sampler_impl off_impl = {.sample = sample_off};

struct lt_sampler *lt_sampler_always_on(void)
{
	static struct lt_sampler sampler = {&on_impl};
	return &sampler;
}

struct lt_sampler *lt_sampler_always_off(void)
{
	static struct lt_sampler sampler = {&off_impl};
	return &sampler;
}

/* --- ratio -------------------------------------------------------------------------------- */

struct ratio {
	struct lt_sampler super;
	uint64_t threshold; /* of the 56 random bits: those below it are sampled */
};

/* The right-most 7 bytes are the random ones:
 * https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */
static uint64_t randomness(const uint8_t trace_id[16])
{
	uint64_t value = 0;
	for (int i = 9; i < 16; i++)
		value = value << 8 | trace_id[i];
	return value;
}

static enum lt_decision sample_ratio(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	const struct ratio *ratio = (const struct ratio *)self;
	return randomness(parameters->trace_id) < ratio->threshold ? LT_RECORD_AND_SAMPLE : LT_DROP;
}

int lt_sampler_ratio_new(double ratio, struct lt_sampler **ret_sampler)
{
	static const struct lt_sampler_impl impl = {.sample = sample_ratio, .free = free_sampler};
	if (!(ratio >= 0 && ratio <= 1))
		return -EINVAL;
	struct ratio *sampler = malloc(sizeof(*sampler));
	if (!sampler)
		return -ENOMEM;
	*sampler = (struct ratio){{&impl}, (uint64_t)(ratio * (double)((uint64_t)1 << 56))};
	*ret_sampler = &sampler->super;
	return 0;
}

/* --- parent-based ------------------------------------------------------------------------- */

struct parent_based {
	struct lt_sampler super;
	struct lt_sampler *root;
};

static enum lt_decision sample_parent_based(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	struct lt_sampler *root = ((struct parent_based *)self)->root;
	if (!parameters->parent)
		return root->impl->sample(root, parameters, result);
	return parameters->parent->flags & LT_FLAG_SAMPLED ? LT_RECORD_AND_SAMPLE : LT_DROP;
}

static void free_parent_based(struct lt_sampler *self)
{
	lt_sampler_free(((struct parent_based *)self)->root);
	free(self);
}

static const struct lt_sampler_impl parent_based_impl = {
	.sample = sample_parent_based, .free = free_parent_based};

int lt_sampler_parent_based_new(struct lt_sampler *root, struct lt_sampler **ret_sampler)
{
	if (!root)
		root = lt_sampler_always_on();
	struct parent_based *sampler = malloc(sizeof(*sampler));
	if (!sampler) {
		lt_sampler_free(root);
		return -ENOMEM;
	}
	*sampler = (struct parent_based){{&parent_based_impl}, root};
	*ret_sampler = &sampler->super;
	return 0;
}

int lt_sampler_answer(const struct lt_sampler *sampler, enum lt_parent parent)
{
	if (sampler->impl == &on_impl)
		return LT_RECORD_AND_SAMPLE;
	if (sampler->impl == &off_impl)
		return LT_DROP;
	if (sampler->impl != &parent_based_impl)
		return LT_ASK;
	if (parent == LT_PARENT_NONE)
		return lt_sampler_answer(((const struct parent_based *)sampler)->root, parent);
	return parent == LT_PARENT_SAMPLED ? LT_RECORD_AND_SAMPLE : LT_DROP;
}

/* --- from the environment ----------------------------------------------------------------- */

int lt_sampler_from_env(struct lt_sampler **ret_sampler)
{
	enum { ON, OFF, RATIO, PARENT_BASED }; /* the last: plus one of the others */
	static const char *const words[] = {"always_on", "always_off", "traceidratio",
		"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"};
	size_t word = lt_config_word(
		"OTEL_TRACES_SAMPLER", words, sizeof(words) / sizeof(words[0]), PARENT_BASED + ON);
	struct lt_sampler *root = lt_sampler_always_on();
	if (word % PARENT_BASED == OFF) {
		root = lt_sampler_always_off();
	} else if (word % PARENT_BASED == RATIO) {
		int err = lt_sampler_ratio_new(lt_config_ratio("OTEL_TRACES_SAMPLER_ARG"), &root);
		if (err)
			return err;
	}
	if (word >= PARENT_BASED)
		return lt_sampler_parent_based_new(root, ret_sampler);
	*ret_sampler = root;
	return 0;
}
