/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - puts an encoded request into the store, whole or not at all. */
#ifndef TRACEVIEW_INTAKE_H
#define TRACEVIEW_INTAKE_H

#include "otlp/otlp.h"
#include "store/store.h"

enum encoding { ENCODING_PROTOBUF, ENCODING_JSON };

/**
 * Reads an ExportTraceServiceRequest and puts its spans into the store.
 * @param ret_result  the rejected spans; filled on success only
 * @param ret_why     a message for the client on failure; OTLP_WHY_BYTES with the NUL
 * @return 0; -EBADMSG for a malformed request; -EMSGSIZE for one that exceeds the store's limit,
 *         encoded or decoded; -ENOMEM
 */
LT_CHECKED int intake(struct store *store, struct lt_slice request, enum encoding encoding,
	struct store_result *ret_result, char ret_why[OTLP_WHY_BYTES]);

#endif
