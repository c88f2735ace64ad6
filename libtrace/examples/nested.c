/* SPDX-License-Identifier: Apache-2.0 */
/* nested.c - functions that call each other: LT_SCOPE makes a span the parent of what starts below it,
 * until the block is left, so that no function passes a span on.
 *
 *	$ ./nested
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	checkout  INTERNAL  5.0 us
 *	  reserve  INTERNAL  2.0 us  order.item="widget"
 *	    lock_row  INTERNAL  0.2 us
 *	  pay  INTERNAL  0.2 us
 */
#include <libtrace/sdk.h>

static struct lt_tracer *tracer;

static void step(const char *name)
{
	lt_span_end(lt_span_start(tracer, name, NULL));
}

static void reserve(const char *item)
{
	struct lt_span *span = lt_span_start(tracer, "reserve", NULL);
	LT_SCOPE(span);

	lt_span_set(span, LT_ATTRS(lt_str("order.item", item)));
	step("lock_row");
	lt_span_end(span);
}

int main(void)
{
	struct lt_provider *provider;

	if (lt_provider_new(NULL, &provider))
		return 1;
	tracer = lt_tracer_get(provider, "nested", NULL);
	struct lt_span *span = lt_span_start(tracer, "checkout", NULL);
	{
		LT_SCOPE(span);
		reserve("widget");
		step("pay");
	}
	lt_span_end(span);
	lt_provider_free(provider);
	return 0;
}
