/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/threshold.h"

#include "propagation/tracestate.h"
#include "util/id_hex.h"
#include "util/slice.h"

#include <math.h>

/* After the leading f's: what the specification recommends, and what a double can tell. */
#define PRECISION_DIGITS 4
#define PRECISION_DIGITS_MAX 12
#define MEMBER_MAX_BYTES 256 /* of the value of `ot` */

/* The tracestate's member `ot=th:c;rv:6e6d1a75832a2f;more:x`. */
struct ot_member {
	uint64_t threshold;  /* LT_THRESHOLD_NEVER: none */
	struct lt_slice all; /* with its key; ptr NULL: there is none */
	struct lt_slice randomness;
	bool has_threshold; /* well-formed or not */
};

/* --- numbers ------------------------------------------------------------------------------ */

uint64_t lt_threshold_of_ratio(double ratio)
{
	int exponent;
	uint64_t accepted = (uint64_t)(ratio * (double)LT_THRESHOLD_END + 0.5);
	if (accepted == 0)
		return LT_THRESHOLD_NEVER;
	if (accepted >= LT_THRESHOLD_END)
		return 0;
	(void)frexp(ratio, &exponent);
	int digits = PRECISION_DIGITS + (exponent < 0 ? -exponent / 4 : 0);
	if (digits > PRECISION_DIGITS_MAX)
		digits = PRECISION_DIGITS_MAX;
	uint64_t unit = (uint64_t)1 << 4 * (LT_THRESHOLD_DIGITS - digits);
	uint64_t threshold = (LT_THRESHOLD_END - accepted + unit / 2) & ~(unit - 1);
	return threshold < LT_THRESHOLD_END ? threshold : LT_THRESHOLD_END - unit;
}

char *lt_threshold_print(uint64_t threshold, char text[LT_THRESHOLD_DIGITS + 1])
{
	uint8_t bytes[LT_THRESHOLD_DIGITS / 2];
	for (int i = LT_THRESHOLD_DIGITS / 2; i-- > 0; threshold >>= 8)
		bytes[i] = (uint8_t)threshold;
	char *end = lt_hex_print(text, bytes, sizeof(bytes));
	while (end > text + 1 && end[-1] == '0')
		end--;
	*end = '\0';
	return end;
}

/* Of 1 to 14 lower-case digits, those left out on the right being zero. */
static bool parse_digits(struct lt_slice text, uint64_t *ret_value)
{
	char digits[LT_THRESHOLD_DIGITS];
	uint8_t bytes[LT_THRESHOLD_DIGITS / 2];
	if (text.len == 0 || text.len > sizeof(digits))
		return false;
	memset(digits, '0', sizeof(digits));
	memcpy(digits, text.ptr, text.len);
	if (!lt_hex_parse(digits, bytes, sizeof(bytes)))
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		value = value << 8 | bytes[i];
	*ret_value = value;
	return true;
}

/* --- the member --------------------------------------------------------------------------- */

static bool next_part(struct lt_slice *list, char separator, struct lt_slice *ret_part)
{
	if (list->len == 0)
		return false;
	const char *end = memchr(list->ptr, separator, list->len);
	size_t len = end ? (size_t)(end - list->ptr) : list->len;
	*ret_part = (struct lt_slice){list->ptr, len};
	*list = lt_slice_from(*list, end ? len + 1 : len);
	return true;
}

static bool is_key(struct lt_slice part, const char *key, struct lt_slice *ret_value)
{
	if (!lt_slice_starts_with(part, lt_slice(key)))
		return false;
	*ret_value = lt_slice_from(part, strlen(key));
	return true;
}

static struct ot_member find_member(const struct lt_span_context_view *parent)
{
	struct ot_member member = {.threshold = LT_THRESHOLD_NEVER};
	struct lt_slice list = parent ? parent->tracestate : (struct lt_slice){0};
	struct lt_slice part, fields, value;
	uint64_t number;
	while (!member.all.ptr && next_part(&list, ',', &part))
		if (is_key(part, "ot=", &fields))
			member.all = part;
	if (!member.all.ptr)
		return member;
	while (next_part(&fields, ';', &part)) {
		if (is_key(part, "th:", &value)) {
			member.has_threshold = true;
			if (parse_digits(value, &number))
				member.threshold = number;
		} else if (is_key(part, "rv:", &value) && value.len == LT_THRESHOLD_DIGITS &&
			   parse_digits(value, &number)) {
			member.randomness = value;
		}
	}
	return member;
}

static bool append(char *text, size_t *len, const char *start, struct lt_slice more)
{
	size_t start_len = strlen(start);
	if (*len + start_len + more.len > MEMBER_MAX_BYTES + strlen("ot="))
		return false;
	memcpy(text + *len, start, start_len);
	if (more.len)
		memcpy(text + *len + start_len, more.ptr, more.len);
	*len += start_len + more.len;
	return true;
}

/* The member with another threshold; 0 when nothing is left of it. */
static size_t print_member(const struct ot_member *member, uint64_t threshold, char *text)
{
	size_t len = 0;
	char digits[LT_THRESHOLD_DIGITS + 1];
	if (threshold < LT_THRESHOLD_END) {
		size_t n = (size_t)(lt_threshold_print(threshold, digits) - digits);
		append(text, &len, "ot=th:", (struct lt_slice){digits, n});
	}
	struct lt_slice fields = member->all, part;
	if (fields.len)
		fields = lt_slice_from(fields, strlen("ot="));
	while (next_part(&fields, ';', &part)) {
		struct lt_slice old;
		/* One that ends with a blank is malformed, and would be well-formed at the member's
		 * end, where blanks are no part of it. */
		if (part.len == 0 || part.ptr[part.len - 1] == ' ' || is_key(part, "th:", &old))
			continue;
		if (!append(text, &len, len ? ";" : "ot=", part))
			break;
	}
	return len;
}

/* --- the interface ------------------------------------------------------------------------ */

uint64_t lt_threshold_of_parent(const struct lt_span_context_view *parent)
{
	return find_member(parent).threshold;
}

static uint64_t randomness_of(const struct ot_member *member, const uint8_t trace_id[16])
{
	uint64_t value = 0;
	if (member->randomness.ptr && parse_digits(member->randomness, &value))
		return value;
	for (int i = 9; i < 16; i++)
		value = value << 8 | trace_id[i];
	return value;
}

uint64_t lt_randomness(const struct lt_sampling_parameters *parameters)
{
	struct ot_member member = find_member(parameters->parent);
	return randomness_of(&member, parameters->trace_id);
}

static void write_member(const struct lt_sampling_parameters *parameters,
	const struct ot_member *member, uint64_t threshold, struct lt_sampling_result *result)
{
	char text[MEMBER_MAX_BYTES + sizeof("ot=")];
	if (threshold == member->threshold && threshold != LT_THRESHOLD_NEVER)
		return; /* the parent's will do, where it stands */
	if (threshold == LT_THRESHOLD_NEVER && !member->has_threshold)
		return;
	unsigned n_members = 0;
	char *list = result->tracestate_room;
	list[0] = '\0';
	size_t len = print_member(member, threshold, text);
	/* What the sender changed goes to the left; what has no room is left out, not all of it. */
	struct lt_slice part = {text, len}, rest = {0};
	if (parameters->parent)
		rest = parameters->parent->tracestate;
	do
		if (part.ptr != member->all.ptr && part.len &&
			lt_tracestate_append(part, list, &n_members) != 0)
			break;
	while (next_part(&rest, ',', &part));
	result->tracestate = lt_slice(list);
}

void lt_threshold_write(const struct lt_sampling_parameters *parameters, uint64_t threshold,
	struct lt_sampling_result *result)
{
	struct ot_member member = find_member(parameters->parent);
	write_member(parameters, &member, threshold, result);
}

enum lt_decision lt_threshold_decide(const struct lt_sampling_parameters *parameters,
	uint64_t threshold, bool is_reliable, struct lt_sampling_result *result)
{
	struct ot_member member = find_member(parameters->parent);
	bool is_sampled = threshold < LT_THRESHOLD_END &&
			  randomness_of(&member, parameters->trace_id) >= threshold;
	write_member(parameters, &member,
		is_sampled && is_reliable ? threshold : LT_THRESHOLD_NEVER, result);
	return is_sampled ? LT_RECORD_AND_SAMPLE : LT_DROP;
}
