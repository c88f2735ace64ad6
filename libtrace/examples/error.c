/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - a span that fails: its status, what kind of error it was, and an event.
 *
 *	$ ./error
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	read_stock  INTERNAL  31.0 us  ERROR: No such file or directory  stock.file="/no/such/file" error.type="ENOENT"
 *	  - exception  exception.type="ENOENT" exception.message="No such file or directory"
 */
#include <errno.h>
#include <libtrace/sdk.h>
#include <stdio.h>

static int read_stock(struct lt_tracer *tracer, const char *path)
{
	struct lt_span *span = lt_span_start(tracer, "read_stock", NULL);
	FILE *file = fopen(path, "r");
	int err = file ? 0 : errno;

	lt_span_set(span, LT_ATTRS(lt_str("stock.file", path)));
	if (err)
		lt_span_errno(span, err);
	else
		fclose(file);
	lt_span_end(span);
	return -err;
}

int main(void)
{
	struct lt_provider *provider;

	if (lt_provider_new(NULL, &provider))
		return 1;
	int err = read_stock(lt_tracer_get(provider, "error", NULL), "/no/such/file");
	lt_provider_free(provider);
	return err == -ENOENT ? 0 : 1;
}
