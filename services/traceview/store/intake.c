/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c - decodes a request into a batch and commits it to the store. */
#include "store/intake.h"

#include <errno.h>
#include <stdio.h>

struct store_sink {
	struct otlp_sink sink;
	struct store_batch *batch;
};

static int on_resource(struct otlp_sink *self, struct lt_slice message, struct lt_slice schema_url)
{
	return store_batch_resource(((struct store_sink *)self)->batch, message, schema_url);
}

static int on_scope(struct otlp_sink *self, struct lt_slice message, struct lt_slice schema_url)
{
	return store_batch_scope(((struct store_sink *)self)->batch, message, schema_url);
}

static int on_span(struct otlp_sink *self, struct lt_slice message, const struct span *span)
{
	return store_batch_span(((struct store_sink *)self)->batch, message, span);
}

static void on_reject(struct otlp_sink *self, size_t n, const char *why)
{
	store_batch_reject(((struct store_sink *)self)->batch, n, why);
}

/* Of an error that its finder has no words for. */
static const char *why_of(int err)
{
	return err == -ENOMEM	 ? "out of memory"
	       : err == -EBADMSG ? "not an ExportTraceServiceRequest in protobuf"
				 : "the request exceeds the limit of the store";
}

int intake(struct store *store, struct lt_slice request, enum encoding encoding,
	struct store_result *ret_result, char ret_why[OTLP_WHY_BYTES])
{
	struct store_sink sink = {.sink = {on_resource, on_scope, on_span, on_reject}};
	snprintf(ret_why, OTLP_WHY_BYTES, "out of memory");
	int err = store_batch_new(store, &sink.batch);
	if (err)
		return err;
	*ret_why = '\0';
	err = encoding == ENCODING_JSON ? otlp_read_json(request, &sink.sink, ret_why)
					: otlp_read_protobuf(request, &sink.sink);
	if (err) {
		if (!*ret_why)
			snprintf(ret_why, OTLP_WHY_BYTES, "%s", why_of(err));
		store_batch_free(sink.batch);
		return err;
	}
	*ret_result = store_commit(sink.batch);
	return 0;
}
