/* SPDX-License-Identifier: Apache-2.0 */
/* rpc_status.c - writes google.rpc.Status. */
#include "serve/rpc_status.h"

#include "base/json_writer.h"
#include "otlp/protobuf.h"

#include <errno.h>

enum rpc_code rpc_code_of(int err)
{
	return err == -EMSGSIZE			  ? RPC_RESOURCE_EXHAUSTED
	       : err == -ENOMEM || err == -EAGAIN ? RPC_UNAVAILABLE
						  : RPC_INVALID_ARGUMENT;
}

void rpc_write_status(
	struct buffer *out, enum encoding encoding, enum rpc_code code, struct lt_slice message)
{
	struct json_writer w = {.out = out};
	if (encoding == ENCODING_PROTOBUF) {
		pb_put_uint(out, 1, (uint64_t)code);
		pb_put_bytes(out, 2, message);
		return;
	}
	jw_begin(&w, '{');
	jw_key(&w, "code");
	jw_int(&w, code);
	jw_key(&w, "message");
	jw_string(&w, message);
	jw_end(&w, '}');
}
