/* SPDX-License-Identifier: Apache-2.0 */
/* baggage.c - a value that travels with the trace: set once, it is on every request that is made below,
 * and where one comes in.
 *
 *	$ ./baggage
 *	baggage: tenant=blue%20shop
 *	the tenant is blue shop
 */
#include <libtrace/context.h>
#include <libtrace/sdk.h>
#include <stdio.h>

static char sent[256]; /* the header on its way */

static int set_header(void *carrier, const char *key, const char *value)
{
	(void)carrier;
	if (strcmp(key, "baggage") == 0)
		snprintf(sent, sizeof(sent), "%s", value);
	return 0;
}

static bool get_header(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	(void)carrier;
	*ret_value = lt_slice(sent);
	return strcmp(key, "baggage") == 0 && index == 0;
}

int main(void)
{
	static const struct lt_carrier_impl headers = {get_header, set_header};
	struct lt_baggage *baggage;

	if (lt_baggage_set(NULL, "tenant", "blue shop", NULL, &baggage))
		return 1;
	struct lt_scope scope;
	lt_scope_enter_baggage(&scope, baggage);
	lt_inject(&headers, NULL, NULL); /* in the client: the current baggage */
	lt_scope_leave(&scope);
	lt_baggage_release(baggage);
	printf("baggage: %s\n", sent);

	struct lt_context *context = lt_context_extract(NULL, &headers, NULL); /* in the server */
	struct lt_slice tenant = lt_baggage_get(lt_context_baggage(context), "tenant");
	printf("the tenant is %.*s\n", (int)tenant.len, tenant.ptr);
	lt_context_release(context);
	return 0;
}
