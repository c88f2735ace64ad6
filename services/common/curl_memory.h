/* SPDX-License-Identifier: Apache-2.0 */
/* curl_memory.h - libcurl's allocator: freed blocks stay with the event loop that used them last.
 *
 * A call allocates some thirty small blocks. malloc() caches seven per size and thread; with dozens
 * of calls at once most blocks take its slow path, which locks as soon as the process has a second
 * thread, whatever that thread does.
 */
#ifndef SERVICES_CURL_MEMORY_H
#define SERVICES_CURL_MEMORY_H

#include <stddef.h>

/** Calls curl_global_init() with this allocator. main() calls it once, before it starts threads and
 * before any other use of curl, which must free only what was allocated here. @return 0 or
 * -ENOMEM */
int curl_memory_global_init(void);

/** Makes this thread keep the blocks that curl frees; other threads return them to malloc(). Calls
 * nest. */
void curl_memory_keep(void);

/** Undoes one call of curl_memory_keep(); the last one frees what was kept. */
void curl_memory_release(void);

/** Frees what this thread keeps at the moment, as after a rush. */
void curl_memory_trim(void);

/* curl's malloc(), free(), realloc(), strdup() and calloc(). Threads: any. */
void *curl_memory_take(size_t n);
void curl_memory_give_back(void *memory);
void *curl_memory_resize(void *memory, size_t n);
char *curl_memory_copy_text(const char *text);
void *curl_memory_take_zeroed(size_t n, size_t size);

#endif
