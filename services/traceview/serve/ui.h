/* SPDX-License-Identifier: Apache-2.0 */
/* ui.h - the query port: Jaeger's query API, the page, health checks. */
#ifndef TRACEVIEW_UI_H
#define TRACEVIEW_UI_H

#include "h2o_compat.h"
#include "serve/site.h"
#include "serve/stats.h"

/** Handles a request to the query port. */
void ui_answer(h2o_req_t *req, const struct site *site, const struct stats_source *source);

#endif
