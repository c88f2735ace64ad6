/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - see lt_provider_shutdown_at_exit. */
#ifndef LT_EXIT_H
#define LT_EXIT_H

/** Moves our exit handler before those registered until now: exit runs the latest first. */
void lt_exit_renew(void);

#endif
