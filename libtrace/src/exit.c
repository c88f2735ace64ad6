/* SPDX-License-Identifier: Apache-2.0 */
/* exit.c - the last spans leave before what carries them (TLS above all) is torn down. */
#include "exit.h"

#include <libtrace/sdk.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic(struct lt_provider *) exiting; /* NULL: none, or done */
static unsigned exit_timeout_ms;

static void on_exit_process(void)
{
	struct lt_provider *provider = atomic_exchange(&exiting, NULL);
	if (provider)
		lt_provider_shutdown(provider, exit_timeout_ms);
}

void lt_exit_renew(void)
{
	if (atomic_load(&exiting))
		atexit(on_exit_process);
}

void lt_provider_shutdown_at_exit(struct lt_provider *provider, unsigned timeout_ms)
{
	exit_timeout_ms = timeout_ms;
	atomic_store(&exiting, provider);
	lt_exit_renew();
}
