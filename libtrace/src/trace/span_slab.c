/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/span_slab.h"

#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define RECLAIM_MAX 64 /* positions at a time */

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18 /* Linux 4.14 */
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

struct lt_slab *lt_slab;
struct lt_slab_control *lt_slab_control;
void (*_Atomic lt_slab_on_need)(void);
void (*lt_slab_on_clone)(void);
_Atomic uint32_t *lt_slab_is_own;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows; held for moments */
static uint32_t *spare, n_spare;			 /* blocks that were used and are free */
static uint8_t *has_chunks; /* of each block that is queued; so that freeing it need not read it */
static _Atomic uint64_t reclaimed; /* positions before it have been freed, or taken back */

static char *blocks; /* of lt_slab */

/* Each span comes by here. */
#define ALWAYS inline __attribute__((always_inline))

static ALWAYS _Atomic uint64_t *places(void)
{
	return (_Atomic uint64_t *)((char *)lt_slab + LT_SHARED_PAGE_BYTES);
}

static ALWAYS struct lt_span *block(uint32_t index)
{
	return (struct lt_span *)(blocks + (size_t)index * LT_SPAN_BLOCK_BYTES);
}

static ALWAYS uint32_t index_of(const struct lt_span *span)
{
	return (uint32_t)((size_t)((const char *)span - blocks) / LT_SPAN_BLOCK_BYTES);
}

/* --- the lock ----------------------------------------------------------------------------- */

/* False in a signal handler that has interrupted the holder. */
static bool take_lock(void)
{
	if (lt_thread.has_slab_lock)
		return false;
	lt_thread.has_slab_lock = true;
	atomic_signal_fence(memory_order_seq_cst);
	pthread_mutex_lock(&lock);
	return true;
}

static void leave_lock(void)
{
	pthread_mutex_unlock(&lock);
	atomic_signal_fence(memory_order_seq_cst);
	lt_thread.has_slab_lock = false;
}

/* --- making one --------------------------------------------------------------------------- */

/* -EFBIG where the file would be larger than a process may write: that would be a signal. */
static int make_memory(const char *name, size_t bytes)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < bytes)
		return -EFBIG;
	int fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) != 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int map_memory(int fd, size_t bytes, int access, int seals, void **ret_memory)
{
	if (fd < 0)
		return fd;
	void *memory = mmap(NULL, bytes, access, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | seals) != 0) {
		int err = -errno;
		munmap(memory, bytes);
		return err;
	}
	*ret_memory = memory;
	return 0;
}

/* Where a container sees its own cgroup; -1: it does not. */
static int open_memory_events(void)
{
	int fd = open(LT_MEMORY_EVENTS_V2, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd : open(LT_MEMORY_EVENTS_V1, O_RDONLY | O_CLOEXEC);
}

static int connect_to(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name),
	       at = name[0] == '/' ? 0 : 1; /* an abstract one has a NUL first */
	if (len == 0 || len > sizeof(address.sun_path) - 1)
		return -EINVAL;
	memcpy(address.sun_path + at, name, len);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* A path's NUL is counted too. */
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
	if (connect(fd, (struct sockaddr *)&address, size) != 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int send_hello(const char *name, const struct lt_slab_hello *hello, const int fds[3])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = {.bytes = ""};
	size_t n_bytes = (fds[2] < 0 ? 2U : 3U) * sizeof(int);
	struct iovec data = {(void *)hello, sizeof(*hello)};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(n_bytes)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	*rights = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(n_bytes), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(rights), fds, n_bytes);
	int fd = connect_to(name);
	if (fd < 0)
		return fd;
	int err = sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int open_with(const char *name, const struct lt_slab_hello *hello, const int fds[3])
{
	size_t bytes = lt_slab_bytes(hello->n_blocks);
	void *memory = NULL, *control = NULL;
	int err = map_memory(fds[0], bytes, PROT_READ | PROT_WRITE, F_SEAL_FUTURE_WRITE, &memory);
	if (err)
		return err;
	err = map_memory(fds[1], LT_SHARED_PAGE_BYTES, PROT_READ, F_SEAL_SEAL, &control);
	if (err) {
		munmap(memory, bytes);
		return err;
	}
	struct lt_slab *slab = memory;
	slab->magic = LT_SLAB_MAGIC;
	slab->version = LT_SLAB_VERSION;
	slab->n_blocks = hello->n_blocks;
	slab->base = (uintptr_t)memory;
	uint32_t *indices = malloc(hello->n_blocks * (sizeof(*indices) + sizeof(*has_chunks)));
	char *base = memory;
	err = indices ? lt_shared_set(base, base + lt_slab_heap_at(hello->n_blocks), base + bytes)
		      : -ENOMEM;
	if (!err && (err = send_hello(name, hello, fds)))
		lt_shared_unset();
	if (err) {
		free(indices);
		munmap(control, LT_SHARED_PAGE_BYTES);
		munmap(memory, bytes);
		return err;
	}
	free(spare);
	spare = indices;
	has_chunks = (uint8_t *)(indices + hello->n_blocks);
	n_spare = 0;
	reclaimed = 0;
	lt_slab_control = control;
	if (!lt_slab_is_own)
		lt_slab_is_own = lt_slab_alloc_wiped(LT_SHARED_PAGE_BYTES);
	if (lt_slab_is_own)
		atomic_store(lt_slab_is_own, 1);
	blocks = base + lt_slab_blocks_at(hello->n_blocks);
	lt_slab = slab;
	return 0;
}

void *lt_slab_alloc_wiped(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, bytes, MADV_WIPEONFORK) == 0)
		return memory;
	munmap(memory, bytes);
	return NULL;
}

int lt_slab_open(const char *name, const char *token, uint32_t n_blocks)
{
	struct lt_slab_hello hello = {
		.magic = LT_SLAB_MAGIC, .version = LT_SLAB_VERSION, .n_blocks = n_blocks};
	memcpy(hello.token, token, sizeof(hello.token));
	int fds[3] = {make_memory("libtrace spans", lt_slab_bytes(hello.n_blocks)),
		make_memory("libtrace relay", LT_SHARED_PAGE_BYTES), open_memory_events()};
	int err = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : open_with(name, &hello, fds);
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return err;
}

/* --- a fork's child ----------------------------------------------------------------------- */

/* A private copy in place of what the parent goes on to write; only what open spans may point at
 * is copied: a page that nobody has touched costs nothing. */
static void copy_open(const struct lt_slab *slab, char *copy)
{
	uint32_t n_used = atomic_load(&slab->n_fresh);
	size_t at = lt_slab_blocks_at(slab->n_blocks);
	for (uint32_t i = 0; i < n_used && i < slab->n_blocks; i++) {
		size_t offset = at + (size_t)i * LT_SPAN_BLOCK_BYTES;
		const struct lt_span *span = (const struct lt_span *)((const char *)slab + offset);
		if (atomic_load(&span->stage) != LT_SLAB_OPEN)
			continue;
		memcpy(copy + offset, span, LT_SPAN_BLOCK_BYTES);
	}
}

/* The scopes of open spans lie in the heap too. */
static void copy_heap(const struct lt_slab *slab, char *copy)
{
	size_t at = lt_slab_heap_at(slab->n_blocks), bytes = lt_slab_bytes(slab->n_blocks);
	unsigned char is_there[LT_SLAB_HEAP_BYTES / LT_SHARED_PAGE_BYTES];
	if (mincore((char *)slab + at, LT_SLAB_HEAP_BYTES, is_there) != 0)
		return;
	for (size_t i = 0; at < bytes; i++, at += LT_SHARED_PAGE_BYTES) {
		if (is_there[i] & 1)
			memcpy(copy + at, (const char *)slab + at, LT_SHARED_PAGE_BYTES);
	}
}

void lt_slab_leave(void)
{
	struct lt_slab *slab = lt_slab;
	pthread_mutex_init(&lock, NULL);
	if (!slab)
		return;
	size_t bytes = lt_slab_bytes(slab->n_blocks);
	char *copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	lt_shared_unset();
	lt_slab = NULL;
	munmap(lt_slab_control, LT_SHARED_PAGE_BYTES);
	lt_slab_control = NULL;
	lt_span_pool_forget();
	if (copy == MAP_FAILED) {
		mmap(slab, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
		return;
	}
	copy_open(slab, copy);
	copy_heap(slab, copy);
	mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, slab);
}

/* --- blocks ------------------------------------------------------------------------------- */

/* Frees the next position's block, if it has been done; false when there is none.  Lock held. */
static ALWAYS bool reclaim_one(uint64_t done)
{
	uint32_t index, n_blocks = lt_slab->n_blocks;
	if (reclaimed >= done || done > atomic_load(&lt_slab->tail))
		return false;
	uint64_t position = reclaimed++;
	uint64_t place =
		atomic_load_explicit(&places()[position & (n_blocks - 1)], memory_order_acquire);
	if (!lt_slab_read_place(place, position, n_blocks, &index))
		return true; /* a hole that the relay has gone over */
	struct lt_span *span = block(index);
	if (has_chunks[index])
		lt_arena_done(&span->arena);
	atomic_store_explicit(&span->stage, LT_SLAB_FREE, memory_order_release);
	spare[n_spare++] = index;
	return true;
}

static struct lt_span *take_fresh(void)
{
	uint32_t index = atomic_load(&lt_slab->n_fresh);
	if (index == lt_slab->n_blocks)
		return NULL;
	struct lt_span *span = block(index);
	memset(span->heads, 0, sizeof(span->heads));
	span->heads[0].state = LT_SPAN_LIVES | LT_SPAN_RECORDS;
	span->turn = 0;
	span->is_in_slab = true;
	atomic_store(&lt_slab->n_fresh, index + 1);
	return span;
}

/* Whether there is a slab, which is opened now for a fork's child. */
static bool has_slab(void)
{
	if (lt_slab && lt_slab_is_inherited())
		lt_slab_on_clone();
	if (lt_slab)
		return true;
	void (*on_need)(void) = atomic_load(&lt_slab_on_need);
	if (!on_need || !atomic_compare_exchange_strong(&lt_slab_on_need, &on_need, NULL))
		return false;
	on_need();
	return lt_slab != NULL;
}

/* Fresh blocks come last: their pages have not been touched.  Lock held. */
static ALWAYS struct lt_span *take_block(void)
{
	if (!n_spare && !atomic_load(&lt_slab->is_closed)) {
		uint64_t done = atomic_load_explicit(&lt_slab_control->done, memory_order_acquire);
		for (int i = 0; i < RECLAIM_MAX && reclaim_one(done); i++)
			;
	}
	return n_spare ? block(spare[--n_spare]) : take_fresh();
}

void lt_slab_reclaim(void)
{
	if (!take_lock())
		return;
	while (!atomic_load(&lt_slab->is_closed) &&
		reclaim_one(atomic_load(&lt_slab_control->done)))
		;
	leave_lock();
}

size_t lt_slab_get_blocks(struct lt_span **spans, size_t max)
{
	size_t n = 0;
	if (!has_slab() || !take_lock())
		return 0;
	while (n < max && (spans[n] = take_block()))
		n++;
	leave_lock();
	return n;
}

void lt_slab_put_block(struct lt_span *span)
{
	if (!lt_shared_contains(span))
		return; /* the parent's, in a fork's child */
	if (!take_lock())
		return; /* it is missed, but not waited for */
	spare[n_spare++] = index_of(span);
	leave_lock();
}

/* --- the queue ---------------------------------------------------------------------------- */

void lt_slab_queue(struct lt_span *span)
{
	struct lt_slab *slab = lt_slab;
	uint32_t index = index_of(span);
	has_chunks[index] = span->arena.chunks != NULL;
	atomic_store_explicit(&span->stage, LT_SLAB_ENDED, memory_order_release);
	uint64_t position = atomic_fetch_add_explicit(&slab->tail, 1, memory_order_acq_rel);
	atomic_store_explicit(&places()[position & (slab->n_blocks - 1)],
		lt_slab_place(position, slab->n_blocks, index), memory_order_release);
}

/* The next span that is neither done nor taken back. */
static struct lt_span *take_one_back(void)
{
	struct lt_span *span = NULL;
	if (!take_lock())
		return NULL;
	while (reclaim_one(atomic_load(&lt_slab_control->done)))
		;
	uint64_t tail = atomic_load(&lt_slab->tail);
	while (!span && reclaimed < tail) {
		uint32_t index;
		uint64_t place = atomic_load_explicit(
			&places()[reclaimed & (lt_slab->n_blocks - 1)], memory_order_acquire);
		if (!lt_slab_read_place(place, reclaimed, lt_slab->n_blocks, &index))
			break; /* it comes with the next call */
		span = block(index);
		atomic_store(&span->stage, LT_SLAB_FREE);
		reclaimed++;
	}
	leave_lock();
	return span;
}

void lt_slab_take_back(void (*take)(struct lt_span *span, void *user), void *user)
{
	struct lt_span *span;
	while (atomic_load(&reclaimed) < atomic_load(&lt_slab->tail) && (span = take_one_back()))
		take(span, user);
}
