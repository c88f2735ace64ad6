/* SPDX-License-Identifier: Apache-2.0 */
/* memory_limit.h - how much memory this process may still take. */
#ifndef SERVICES_MEMORY_LIMIT_H
#define SERVICES_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that the limits of the cgroup (v1 and v2, with those above it), of the address space and of
 * data (setrlimit(2)) leave to this process; UINT64_MAX: none of them is set. Reads files. */
uint64_t memory_left_bytes(void);

/** Whether the address space or the data has a limit: then malloc() can fail. */
bool memory_may_run_out(void);

/** Whether n_bytes more can be mapped at this moment, or malloc() has as many that are free. */
bool memory_has_room(size_t n_bytes);

/** Gives freed memory back to the system, after a rush: malloc() by itself gives back only what is at
 * the end of its heap. */
void memory_give_back(void);

#endif
