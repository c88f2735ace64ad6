/* SPDX-License-Identifier: Apache-2.0 */
/* sampler_composite.c - samplers composed of thresholds, so that decisions are consistent across a
 * trace, whichever rules apply.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#compositesampler
 */
#include "trace/attributes.h"
#include "trace/sampler.h"
#include "trace/threshold.h"

#include <errno.h>
#include <stdlib.h>

static void free_composable(struct lt_composable *composable)
{
	if (composable && composable->impl->free)
		composable->impl->free(composable);
}

/* --- the sampler -------------------------------------------------------------------------- */

struct composite {
	struct lt_sampler super;
	struct lt_composable *composable;
};

static enum lt_decision sample_composite(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	struct lt_composable *composable = ((struct composite *)self)->composable;
	struct lt_sampling_intent intent = {
		.threshold = LT_THRESHOLD_NEVER, .attrs = result->attr_room};
	composable->impl->intend(composable, parameters, &intent);
	result->attrs = intent.attrs;
	result->n_attrs = intent.n_attrs;
	return lt_threshold_decide(parameters, intent.threshold, intent.is_reliable, result);
}

static void free_composite(struct lt_sampler *self)
{
	free_composable(((struct composite *)self)->composable);
	free(self);
}

int lt_sampler_composite_new(struct lt_composable *composable, struct lt_sampler **ret_sampler)
{
	static const struct lt_sampler_impl impl = {
		.sample = sample_composite, .free = free_composite};
	struct composite *sampler = malloc(sizeof(*sampler));
	if (!sampler) {
		free_composable(composable);
		return -ENOMEM;
	}
	*sampler = (struct composite){{&impl}, composable};
	*ret_sampler = &sampler->super;
	return 0;
}

/* --- always on, always off, a share ------------------------------------------------------- */

struct fixed {
	struct lt_composable super;
	uint64_t threshold;
};

static void intend_fixed(struct lt_composable *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_intent *intent)
{
	intent->threshold = ((struct fixed *)self)->threshold;
	intent->is_reliable = true;
}

static void free_fixed(struct lt_composable *self)
{
	free(self);
}

static const struct lt_composable_impl static_impl = {.intend = intend_fixed};
static const struct lt_composable_impl fixed_impl = {.intend = intend_fixed, .free = free_fixed};

struct lt_composable *lt_composable_always_on(void)
{
	static struct fixed on = {{&static_impl}, 0};
	return &on.super;
}

struct lt_composable *lt_composable_always_off(void)
{
	static struct fixed off = {{&static_impl}, LT_THRESHOLD_NEVER};
	return &off.super;
}

int lt_composable_probability_new(double ratio, struct lt_composable **ret_composable)
{
	if (!(ratio >= 0 && ratio <= 1))
		return -EINVAL;
	struct fixed *fixed = malloc(sizeof(*fixed));
	if (!fixed)
		return -ENOMEM;
	*fixed = (struct fixed){{&fixed_impl}, lt_threshold_of_ratio(ratio)};
	*ret_composable = &fixed->super;
	return 0;
}

/* --- the parent's threshold --------------------------------------------------------------- */

struct parent_threshold {
	struct lt_composable super;
	struct lt_composable *root;
};

static void intend_as_parent(struct lt_composable *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_intent *intent)
{
	struct lt_composable *root = ((struct parent_threshold *)self)->root;
	if (!parameters->parent) {
		root->impl->intend(root, parameters, intent);
		return;
	}
	intent->threshold = lt_threshold_of_parent(parameters->parent);
	intent->is_reliable = intent->threshold != LT_THRESHOLD_NEVER;
	if (!intent->is_reliable && parameters->parent->flags & LT_FLAG_SAMPLED)
		intent->threshold = 0;
}

static void free_parent_threshold(struct lt_composable *self)
{
	free_composable(((struct parent_threshold *)self)->root);
	free(self);
}

int lt_composable_parent_threshold_new(
	struct lt_composable *root, struct lt_composable **ret_composable)
{
	static const struct lt_composable_impl impl = {
		.intend = intend_as_parent, .free = free_parent_threshold};
	struct parent_threshold *parent = malloc(sizeof(*parent));
	if (!parent) {
		free_composable(root);
		return -ENOMEM;
	}
	*parent = (struct parent_threshold){{&impl}, root};
	*ret_composable = &parent->super;
	return 0;
}

/* --- rules -------------------------------------------------------------------------------- */

struct rule_based {
	struct lt_composable super;
	size_t n;
	struct lt_sampling_rule rules[];
};

static void intend_by_rule(struct lt_composable *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_intent *intent)
{
	const struct rule_based *based = (const struct rule_based *)self;
	for (size_t i = 0; i < based->n; i++) {
		const struct lt_sampling_rule *rule = &based->rules[i];
		if (!rule->matches || rule->matches(parameters, rule->user)) {
			rule->delegate->impl->intend(rule->delegate, parameters, intent);
			return;
		}
	}
}

static void free_rules(const struct lt_sampling_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free_composable(rules[i].delegate);
}

static void free_rule_based(struct lt_composable *self)
{
	struct rule_based *based = (struct rule_based *)self;
	free_rules(based->rules, based->n);
	free(based);
}

int lt_composable_rule_based_new(
	const struct lt_sampling_rule *rules, size_t n, struct lt_composable **ret_composable)
{
	static const struct lt_composable_impl impl = {
		.intend = intend_by_rule, .free = free_rule_based};
	struct rule_based *based = malloc(sizeof(*based) + n * sizeof(*rules));
	if (!based) {
		free_rules(rules, n);
		return -ENOMEM;
	}
	based->super.impl = &impl;
	based->n = n;
	if (n)
		memcpy(based->rules, rules, n * sizeof(*rules));
	*ret_composable = &based->super;
	return 0;
}

/* --- attributes --------------------------------------------------------------------------- */

struct annotating {
	struct lt_composable super;
	struct lt_composable *delegate;
	struct lt_attributes attrs;
	struct lt_arena arena;
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[256]; /* of the arena: enough for most */
};

static void intend_with_attributes(struct lt_composable *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_intent *intent)
{
	const struct annotating *annotating = (const struct annotating *)self;
	struct lt_composable *delegate = annotating->delegate;
	delegate->impl->intend(delegate, parameters, intent);
	for (uint32_t i = 0; i < annotating->attrs.n && intent->n_attrs < LT_SAMPLING_ATTRS_MAX;
		i++)
		intent->attrs[intent->n_attrs++] = annotating->attrs.items[i];
}

static void free_annotating(struct lt_composable *self)
{
	struct annotating *annotating = (struct annotating *)self;
	free_composable(annotating->delegate);
	lt_arena_done(&annotating->arena);
	free(annotating);
}

int lt_composable_annotating_new(struct lt_composable *delegate, const struct lt_attr *attrs,
	size_t n, struct lt_composable **ret_composable)
{
	static const struct lt_composable_impl impl = {
		.intend = intend_with_attributes, .free = free_annotating};
	static const struct lt_attribute_limits limits = {.count = 128, .value_length = UINT32_MAX};
	struct lt_attributes_room room = {0};
	struct annotating *annotating = calloc(1, sizeof(*annotating));
	if (!annotating) {
		free_composable(delegate);
		return -ENOMEM;
	}
	annotating->super.impl = &impl;
	annotating->delegate = delegate;
	lt_arena_init(&annotating->arena, annotating->bytes, sizeof(annotating->bytes));
	lt_attributes_add(&annotating->attrs, &room, &annotating->arena, &limits, attrs, n);
	if (annotating->attrs.n_dropped) {
		free_annotating(&annotating->super);
		return -ENOMEM;
	}
	*ret_composable = &annotating->super;
	return 0;
}
