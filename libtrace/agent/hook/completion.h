/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h - what is current while a program handles a finished transfer.
 *
 * From curl_multi_info_read's handing out a finished transfer until it answers NULL, or hands out
 * the next one, or the event loop goes on, the program is in what other languages call the
 * completion callback: what it starts there belongs to what started the transfer.
 */
#ifndef LT_AGENT_COMPLETION_H
#define LT_AGENT_COMPLETION_H

#include <libtrace/trace.h>

/** Makes parent (NULL: nothing) current on this thread until completion_leave(). */
void completion_enter(struct lt_span *parent);

/** The completion is over, if there was one. */
void completion_leave(void);

#endif
