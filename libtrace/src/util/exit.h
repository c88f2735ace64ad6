/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - see lt_provider_shutdown_at_exit. */
#ifndef LT_EXIT_H
#define LT_EXIT_H

struct lt_provider;

/** Moves our exit handler before those registered until now: exit runs the latest first. */
void lt_exit_renew(void);

/** For a provider that is about to be freed; waits while an exit is shutting it down. */
void lt_exit_forget(struct lt_provider *provider);

#endif
