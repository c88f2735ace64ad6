/* SPDX-License-Identifier: Apache-2.0 */
/* cplusplus.cpp - C++: a span ends and a scope is left where their block is, also by an exception.
 *
 *	$ ./cplusplus
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	checkout  INTERNAL  40.0 us
 *	  reserve  INTERNAL  20.0 us  ERROR: sold out  order.item="widget" order.qty=2
 *	  apologize  INTERNAL  0.2 us
 */
#include <libtrace/sdk.h>
#include <libtrace/trace.hpp>
#include <stdexcept>
#include <string>

static void reserve(lt_tracer *tracer, const std::string &item, int qty)
{
	libtrace::span span(tracer, "reserve");
	libtrace::scope scope(span);

	span.set({lt_str("order.item", item.c_str()), lt_int("order.qty", qty)});
	if (qty > 1) {
		lt_span_status(span, LT_STATUS_ERROR, "sold out");
		throw std::runtime_error("sold out");
	}
}

int main()
{
	lt_provider *provider;

	if (lt_provider_new(nullptr, &provider))
		return 1;
	lt_tracer *tracer = lt_tracer_get(provider, "cplusplus", nullptr);
	{
		libtrace::span checkout(tracer, "checkout");
		libtrace::scope scope(checkout);
		try {
			reserve(tracer, "widget", 2);
		} catch (const std::runtime_error &) {
			libtrace::span(tracer, "apologize");
		}
	}
	lt_provider_free(provider);
	return 0;
}
