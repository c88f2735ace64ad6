/* SPDX-License-Identifier: Apache-2.0 */
/* init.h - the launcher as the first process of a container, whose end is everybody's: it stays until
 * the program's spans have been sent.
 */
#ifndef LT_INSTRUMENT_INIT_H
#define LT_INSTRUMENT_INIT_H

/**
 * Forks.  The child returns and becomes the program: in a session of its own, with the terminal, as the
 * first process would have been; its signals are as this process had them.  The parent passes signals on
 * to it, reaps orphans, and when it has ended, ends all but relays, which have OTEL_C_EXIT_TIMEOUT.  Then
 * it exits with the program's code, 128 + the signal's number where one killed it.
 *
 * @return in the child 0; -Exxx when there is none, and this process is to become the program
 */
int init_stay(void);

#endif
