/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h - the current span while a program handles a finished transfer, or a query's result.
 *
 * From the return of a finished transfer by curl_multi_info_read() until it returns NULL or the
 * next one, or the event loop continues, the program is in what other languages call the completion
 * callback: its new spans are children of the span that started the transfer.
 *
 * So it is from the return of a result by PQgetResult() until the next call of it, or until the program
 * learns from libpq that there is nothing more to read. */
#ifndef LT_AGENT_COMPLETION_H
#define LT_AGENT_COMPLETION_H

#include <libtrace/trace.h>

/** Makes parent (NULL: nothing) current on this thread until completion_leave(). */
void completion_enter(struct lt_span *parent);

/** The same of a result of libpq's, where nothing is current. */
void completion_enter_result(struct lt_span *parent);

/** The completion is over, if there was one. */
void completion_leave(void);

/** The same, if it was a result's. */
void completion_leave_result(void);

#endif
