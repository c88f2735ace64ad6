/* SPDX-License-Identifier: Apache-2.0 */
/* curl_memory.h - libcurl's memory, kept for its next use by the event loop that used it last.
 *
 * A call takes some thirty small pieces from the first to the last.  malloc() has its quick way for
 * seven of a size; with dozens of calls at once most pieces go the slow way, which takes a lock as
 * soon as the process has a second thread, whatever that one does.
 */
#ifndef SERVICES_CURL_MEMORY_H
#define SERVICES_CURL_MEMORY_H

#include <stddef.h>

/** curl_global_init() with this memory; to be called once by main(), before there are other threads
 * and before any other call of curl's: what it frees must be from here. @return 0 or -ENOMEM */
int curl_memory_global_init(void);

/** From now on this thread keeps what curl gives back; in others it goes back to malloc().  Calls
 * add up. */
void curl_memory_keep(void);

/** Undoes one call of curl_memory_keep(); with the last one all that was kept is freed. */
void curl_memory_release(void);

/* What curl calls: malloc(), free(), realloc(), strdup() and calloc(), from any thread. */
void *curl_memory_take(size_t n);
void curl_memory_give_back(void *memory);
void *curl_memory_resize(void *memory, size_t n);
char *curl_memory_copy_text(const char *text);
void *curl_memory_take_zeroed(size_t n, size_t size);

#endif
