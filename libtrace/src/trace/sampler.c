/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.c - the built-in samplers.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
 */
#include "trace/sampler.h"

#include "trace/threshold.h"
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
	if (lt_threshold_of_parent(parameters->parent) != LT_THRESHOLD_NEVER)
		lt_threshold_write(parameters, 0, result); /* now it stands for all of them */
	return LT_RECORD_AND_SAMPLE;
}

static enum lt_decision sample_off(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	lt_threshold_write(parameters, LT_THRESHOLD_NEVER, result);
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
	uint64_t threshold;
};

static enum lt_decision sample_ratio(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	return lt_threshold_decide(
		parameters, ((const struct ratio *)self)->threshold, true, result);
}

int lt_sampler_ratio_new(double ratio, struct lt_sampler **ret_sampler)
{
	static const struct lt_sampler_impl impl = {.sample = sample_ratio, .free = free_sampler};
	if (!(ratio >= 0 && ratio <= 1))
		return -EINVAL;
	struct ratio *sampler = malloc(sizeof(*sampler));
	if (!sampler)
		return -ENOMEM;
	*sampler = (struct ratio){{&impl}, lt_threshold_of_ratio(ratio)};
	*ret_sampler = &sampler->super;
	return 0;
}

/* --- parent-based ------------------------------------------------------------------------- */

struct parent_based {
	struct lt_sampler super;
	struct lt_sampler *delegates[LT_N_PARENTS];
};

/* Always on or off: what such a delegate answers, below a parent whose threshold it passes on. */
static int fixed_answer(const struct lt_sampler *sampler)
{
	if (sampler->impl == &on_impl)
		return LT_RECORD_AND_SAMPLE;
	return sampler->impl == &off_impl ? LT_DROP : LT_ASK;
}

/* Removes a threshold that a decision disagrees with. */
static void check_threshold(const struct lt_sampling_parameters *parameters,
	enum lt_decision decision, struct lt_sampling_result *result)
{
	uint64_t threshold = lt_threshold_of_parent(parameters->parent);
	if (threshold == LT_THRESHOLD_NEVER)
		return;
	bool is_kept = lt_randomness(parameters) >= threshold;
	if (is_kept != (decision == LT_RECORD_AND_SAMPLE))
		lt_threshold_write(parameters, LT_THRESHOLD_NEVER, result);
}

static enum lt_decision sample_parent_based(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	struct lt_sampler *delegate =
		((struct parent_based *)self)->delegates[lt_parent_of(parameters->parent)];
	int answer = fixed_answer(delegate);
	if (answer == LT_ASK)
		return delegate->impl->sample(delegate, parameters, result);
	check_threshold(parameters, (enum lt_decision)answer, result);
	return (enum lt_decision)answer;
}

static void free_delegates(struct lt_sampler *const delegates[LT_N_PARENTS])
{
	for (int parent = 0; parent < LT_N_PARENTS; parent++)
		lt_sampler_free(delegates[parent]);
}

static void free_parent_based(struct lt_sampler *self)
{
	free_delegates(((struct parent_based *)self)->delegates);
	free(self);
}

static const struct lt_sampler_impl parent_based_impl = {
	.sample = sample_parent_based, .free = free_parent_based};

int lt_sampler_parent_based_with(
	const struct lt_parent_based_options *options, struct lt_sampler **ret_sampler)
{
	struct lt_sampler *on = lt_sampler_always_on(), *off = lt_sampler_always_off();
	struct lt_sampler *const delegates[LT_N_PARENTS] = {
		[LT_PARENT_NONE] = options->root ? options->root : on,
		[LT_PARENT_LOCAL_DROPPED] =
			options->local_not_sampled ? options->local_not_sampled : off,
		[LT_PARENT_LOCAL_SAMPLED] = options->local_sampled ? options->local_sampled : on,
		[LT_PARENT_REMOTE_DROPPED] =
			options->remote_not_sampled ? options->remote_not_sampled : off,
		[LT_PARENT_REMOTE_SAMPLED] = options->remote_sampled ? options->remote_sampled : on,
	};
	struct parent_based *sampler = malloc(sizeof(*sampler));
	if (!sampler) {
		free_delegates(delegates);
		return -ENOMEM;
	}
	sampler->super.impl = &parent_based_impl;
	memcpy(sampler->delegates, delegates, sizeof(delegates));
	*ret_sampler = &sampler->super;
	return 0;
}

int lt_sampler_parent_based_new(struct lt_sampler *root, struct lt_sampler **ret_sampler)
{
	return lt_sampler_parent_based_with(
		&(struct lt_parent_based_options){.root = root}, ret_sampler);
}

int lt_sampler_answer(const struct lt_sampler *sampler, enum lt_parent parent)
{
	if (sampler->impl == &parent_based_impl)
		sampler = ((const struct parent_based *)sampler)->delegates[parent];
	return fixed_answer(sampler);
}

/* --- always record ------------------------------------------------------------------------ */

struct always_record {
	struct lt_sampler super;
	struct lt_sampler *root;
};

static enum lt_decision sample_always_record(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	struct lt_sampler *root = ((struct always_record *)self)->root;
	enum lt_decision decision = root->impl->sample(root, parameters, result);
	return decision == LT_DROP ? LT_RECORD_ONLY : decision;
}

static void free_always_record(struct lt_sampler *self)
{
	lt_sampler_free(((struct always_record *)self)->root);
	free(self);
}

int lt_sampler_always_record_new(struct lt_sampler *root, struct lt_sampler **ret_sampler)
{
	static const struct lt_sampler_impl impl = {
		.sample = sample_always_record, .free = free_always_record};
	struct always_record *sampler = malloc(sizeof(*sampler));
	if (!sampler) {
		lt_sampler_free(root);
		return -ENOMEM;
	}
	*sampler = (struct always_record){{&impl}, root};
	*ret_sampler = &sampler->super;
	return 0;
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
