/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - an encoded request goes into the store, whole or not at all. */
#ifndef TRACEVIEW_INTAKE_H
#define TRACEVIEW_INTAKE_H

#include "otlp/otlp.h"
#include "store/store.h"

enum encoding { ENCODING_PROTOBUF, ENCODING_JSON };

/**
 * Reads an ExportTraceServiceRequest and puts its spans into the store.
 * @param ret_result  which spans were rejected; only on success
 * @param ret_why     for a reader, when it fails; OTLP_WHY_BYTES with the NUL
 * @return 0; -EBADMSG for a malformed request; -EMSGSIZE for one that is larger than the store may
 *         be, or decodes to too much; -ENOMEM
 */
LT_CHECKED int intake(struct store *store, struct lt_slice request, enum encoding encoding,
	struct store_result *ret_result, char ret_why[OTLP_WHY_BYTES]);

#endif
