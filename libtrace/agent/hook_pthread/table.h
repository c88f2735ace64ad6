/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - threads, as hook_tables.h has it. */
/* clang-format off */
HOOK(pthread, CONTEXT, "threads", "", PROGRAM, "threads and timers that a request starts, in its trace")
HOOK_WRAPS(pthread, pthread_create)
HOOK_WRAPS(pthread, thrd_create)
HOOK_SETTING(pthread, "OTEL_C_FOLLOW", "threads and timers that a request starts go on in its trace; or false", "true", "false")
