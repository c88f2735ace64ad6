/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_none.c - replaces grpc.c in builds without nghttp2. */
#include "serve/grpc.h"

#include <errno.h>

const struct http_protocol grpc_protocol = {NULL, NULL, NULL};

int grpc_new(struct receiver *receiver, struct grpc **ret_grpc)
{
	return -ENOTSUP;
}

void grpc_free(struct grpc *grpc)
{
}

size_t grpc_upload_bytes(const struct grpc *grpc)
{
	return 0;
}

size_t grpc_largest_upload(const struct grpc *grpc)
{
	return 0;
}

void grpc_refuse_largest(struct grpc *grpc, const char *why)
{
}
