/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - one span.
 *
 *	$ ./hello
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	hello  INTERNAL  1.0 us  greeting="world"
 */
#include <libtrace/sdk.h>

int main(void)
{
	struct lt_provider *provider;

	if (lt_provider_new(NULL, &provider)) /* as the OTEL_* variables say */
		return 1;
	struct lt_tracer *tracer = lt_tracer_get(provider, "hello", "1.0");

	struct lt_span *span = lt_span_start(tracer, "hello", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("greeting", "world")));
	lt_span_end(span);

	lt_provider_free(provider); /* exports what is left */
	return 0;
}
