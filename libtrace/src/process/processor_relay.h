/* SPDX-License-Identifier: Apache-2.0 */
/* processor_relay.h - hands ended spans to the relay, a process beside the program. */
#ifndef LT_PROCESSOR_RELAY_H
#define LT_PROCESSOR_RELAY_H

#include <libtrace/sdk.h>

/**
 * A processor for the relay that the environment names.
 *
 * It starts no thread, has no descriptor, and waits at shutdown only where OTEL_C_EXIT_TIMEOUT is
 * set.  When the relay dies, or was never there for a fork's child, spans go through thread.  One of
 * a process.
 *
 * @param thread  a batch processor; taken, unless this fails
 * @return 0; -Exxx when there is no relay: thread remains the caller's
 */
int lt_processor_relay_new(struct lt_processor *thread, struct lt_processor **ret_processor);

#endif
