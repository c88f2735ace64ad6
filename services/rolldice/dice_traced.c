/* SPDX-License-Identifier: Apache-2.0 */
/* dice.c with a span for each function.  It needs the API alone: where nobody has set up a
 * provider, tracer and spans do nothing. */
#include "dice.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <libtrace/trace.h>
#include <stdlib.h>

static struct lt_tracer *dice_tracer(void)
{
	return lt_tracer_get(lt_provider_global(), "dice", "1.0.0");
}

static int roll_once(void)
{
	struct lt_span *span = lt_span_start(dice_tracer(), "roll_once", NULL);
	int result = 1 + (int)arc4random_uniform(6);

	lt_span_set(span, LT_ATTRS(lt_str(LT_CODE_FUNCTION_NAME, "roll_once"),
				  lt_int("dice.rolled", result)));
	lt_span_end(span);
	return result;
}

static int roll(long rolls, int *results)
{
	if (rolls <= 0)
		return -EINVAL;
	for (long i = 0; i < rolls; i++)
		results[i] = roll_once();
	return 0;
}

int dice_roll(long rolls, int *results)
{
	struct lt_span *span = lt_span_start(dice_tracer(), "dice_roll", NULL);
	struct lt_scope scope;

	lt_span_set(span,
		LT_ATTRS(lt_str(LT_CODE_FUNCTION_NAME, "dice_roll"), lt_int("dice.rolls", rolls)));
	lt_scope_enter(&scope, span); /* the parent of each roll_once */
	int err = roll(rolls, results);
	lt_scope_leave(&scope);
	if (err)
		lt_span_errno(span, -err);
	lt_span_end(span);
	return err;
}
