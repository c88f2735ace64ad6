/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MIN_MS 50	 /* between two looks whether the program has its slab: */
#define LOOK_MAX_MS 1000 /* the longer it has been idle the more */
#define END_MAX_MS 300	 /* between the end of a process's memory and its own */
#define NS_PER_MS UINT64_C(1000000)

/* --- its memory --------------------------------------------------------------------------- */

/* A file that may shrink is a SIGBUS to its readers. */
static bool is_sound_file(int fd, size_t bytes)
{
	struct stat stat_of;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & F_SEAL_SHRINK) && (seals & F_SEAL_GROW) &&
	       fstat(fd, &stat_of) == 0 && S_ISREG(stat_of.st_mode) &&
	       (uint64_t)stat_of.st_size == bytes;
}

static int map(struct client *client, const int *fds)
{
	size_t bytes = lt_slab_bytes(client->n_blocks);
	if (!is_sound_file(fds[0], bytes) || !is_sound_file(fds[1], LT_SHARED_PAGE_BYTES))
		return -EBADMSG;
	/* Nothing is ever written to it, so nothing is copied; a shared mapping, however, keeps the
	 * file from being sealed (before Linux 6.7). */
	void *slab = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fds[0], 0);
	if (slab == MAP_FAILED)
		return -errno;
	client->slab = slab;
	client->slab_fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	if (client->slab_fd < 0)
		return -errno;
	/* The page behind it is heart.c's. */
	char *control = mmap(NULL, 2 * LT_SHARED_PAGE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (control == MAP_FAILED)
		return -errno;
	client->control = (struct lt_slab_control *)control;
	if (mmap(control, LT_SHARED_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    fds[1], 0) == MAP_FAILED)
		return -errno;
	return 0;
}

int client_new(uint32_t n_blocks, const int *fds, size_t n_fds, pid_t pid, int pidfd,
	struct client **ret_client)
{
	int err = -ENOMEM;
	struct client *client = calloc(1, sizeof(*client));
	if (!client) {
		if (pidfd >= 0)
			close(pidfd);
		return -ENOMEM;
	}
	client->pid = pid;
	client->pidfd = pidfd;
	client->slab_fd = -1;
	oom_begin(&client->oom, pid, n_fds > 2 ? fds[2] : -1);
	client->n_blocks = n_blocks;
	client->taken_ids = calloc(n_blocks, sizeof(*client->taken_ids));
	if (client->taken_ids)
		err = map(client, fds);
	if (!err &&
		(client->slab->magic != LT_SLAB_MAGIC || client->slab->version != LT_SLAB_VERSION ||
			client->slab->n_blocks != n_blocks))
		err = -EBADMSG;
	if (err) {
		client_free(client);
		return err;
	}
	client->reader.memory = (const char *)client->slab;
	client->reader.base = client->slab->base;
	client->reader.bytes = lt_slab_bytes(n_blocks);
	client->moved_ns = client->look_ns = lt_clock_monotonic_ns();
	*ret_client = client;
	return 0;
}

void client_free(struct client *client)
{
	if (client->slab)
		munmap((void *)(uintptr_t)client->slab, lt_slab_bytes(client->n_blocks));
	if (client->control)
		munmap(client->control, 2 * LT_SHARED_PAGE_BYTES);
	if (client->pidfd >= 0)
		close(client->pidfd);
	if (client->slab_fd >= 0)
		close(client->slab_fd);
	oom_done(&client->oom);
	reader_done(&client->reader);
	if (client->has_resource)
		lt_arena_done(&client->resource.arena);
	free(client->taken_ids);
	free(client);
}

/* --- its queue ---------------------------------------------------------------------------- */

uint64_t client_n_queued(struct client *client)
{
	uint64_t tail = atomic_load_explicit(&client->slab->tail, memory_order_acquire);
	uint64_t n = tail - client->done;
	if (n > client->n_blocks) /* no program of ours has as many */
		n = client->n_blocks;
	if (tail != client->tail_seen) {
		client->tail_seen = tail;
		client->moved_ns = lt_clock_monotonic_ns();
	}
	return n;
}

static void read_resource(struct client *client)
{
	uint64_t address = atomic_load_explicit(&client->slab->resource, memory_order_acquire);
	if (!client->has_resource && address)
		client->has_resource =
			reader_copy_resource(&client->reader, address, &client->resource);
}

static size_t offset_of(const struct client *client, uint32_t index)
{
	return lt_slab_blocks_at(client->n_blocks) + (size_t)index * LT_SPAN_BLOCK_BYTES;
}

static bool copy_block(struct client *client, uint32_t index, struct span_copy *ret_span)
{
	if (!reader_copy_span(&client->reader, offset_of(client, index), ret_span)) {
		atomic_store(&client->control->n_malformed, ++client->drops.n_malformed);
		return false;
	}
	ret_span->data.resource = &client->resource;
	memcpy(client->taken_ids[index], ret_span->data.context.span_id,
		sizeof(client->taken_ids[index]));
	return true;
}

/* Right behind a copy: a batch of them is to stay in the processor's cache. */
static struct span_copy *place_behind(struct span_copy *span)
{
	char *end = span->arena.chunks ? span->bytes + sizeof(span->bytes) : span->arena.next;
	uintptr_t mask = _Alignof(struct span_copy) - 1;
	return (struct span_copy *)(end + (-(uintptr_t)end & mask));
}

/* Whether a hole need not be waited for. */
static bool may_skip(struct client *client)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (!client->hole_ns)
		client->hole_ns = now_ns;
	return client->is_dead || now_ns - client->hole_ns > LT_SLAB_HOLE_MS * NS_PER_MS;
}

static size_t take_queued(struct client *client, struct span_copy **spans, size_t max)
{
	const _Atomic uint64_t *places =
		(const _Atomic uint64_t *)((const char *)client->slab + LT_SHARED_PAGE_BYTES);
	uint64_t end = client->done + client_n_queued(client);
	size_t n = 0;
	for (; n < max && client->taken < end; client->taken++) {
		uint32_t index;
		uint64_t place = atomic_load_explicit(
			&places[client->taken & (client->n_blocks - 1)], memory_order_acquire);
		if (!lt_slab_read_place(place, client->taken, client->n_blocks, &index)) {
			if (!may_skip(client))
				break;
			client->hole_ns = 0;
			continue;
		}
		client->hole_ns = 0;
		if (copy_block(client, index, spans[n])) {
			spans[n + 1] = place_behind(spans[n]);
			n++;
		}
	}
	return n;
}

/* --- its remains -------------------------------------------------------------------------- */

/* Whether there is a span that was ended but not queued, or that was open. */
static bool is_left(const struct client *client, uint32_t index, uint8_t *ret_stage)
{
	const struct lt_span *block =
		(const struct lt_span *)((const char *)client->slab + offset_of(client, index));
	uint8_t id[8];
	uint8_t stage = atomic_load_explicit(&block->stage, memory_order_acquire);
	*ret_stage = stage;
	if (stage != LT_SLAB_OPEN && stage != LT_SLAB_ENDED)
		return false;
	memcpy(id, block->data.context.span_id, sizeof(id));
	return memcmp(id, client->taken_ids[index], sizeof(id)) != 0 &&
	       (stage == LT_SLAB_ENDED || client->sends_open || block->data.end_ns != 0);
}

static bool take_block(struct client *client, uint32_t index, struct span_copy *ret_span)
{
	uint8_t stage;
	if (!is_left(client, index, &stage))
		return false;
	uint8_t taken_id[8];
	memcpy(taken_id, client->taken_ids[index], sizeof(taken_id));
	if (!copy_block(client, index, ret_span))
		return false;
	memcpy(client->taken_ids[index], taken_id, sizeof(taken_id)); /* it may be put back */
	if (stage == LT_SLAB_OPEN && ret_span->data.end_ns == 0)
		end_apply(&client->end, ret_span);
	return true;
}

static uint32_t count_used(const struct client *client)
{
	uint32_t n = atomic_load(&client->slab->n_fresh);
	return n < client->n_blocks ? n : client->n_blocks;
}

static size_t take_remains(struct client *client, struct span_copy **spans, size_t max)
{
	uint32_t n_used = count_used(client);
	size_t n = 0;
	for (; n < max && client->scan_at < n_used; client->scan_at++)
		if (take_block(client, client->scan_at, spans[n])) {
			spans[n + 1] = place_behind(spans[n]);
			n++;
		}
	return n;
}

static bool is_queue_empty(struct client *client)
{
	return client->taken == client->done + client_n_queued(client);
}

size_t client_take(struct client *client, struct span_copy **spans, size_t max)
{
	read_resource(client);
	client->taken = client->done;
	client->scan_at = client->scanned;
	if (atomic_load(&client->slab->is_closed))
		return 0;
	size_t n = take_queued(client, spans, max);
	if (n < max && client->is_dead && client->knows_end && is_queue_empty(client))
		n += take_remains(client, spans + n, max - n);
	return n;
}

void client_confirm(struct client *client)
{
	client->done = client->taken;
	client->scanned = client->scan_at;
	atomic_store_explicit(&client->control->done, client->done, memory_order_release);
}

void client_put_back(struct client *client)
{
	client->taken = client->done;
	client->scan_at = client->scanned;
}

bool client_is_over(struct client *client)
{
	uint8_t stage;
	if (!client->is_dead || !client->knows_end)
		return false;
	if (atomic_load(&client->slab->is_closed))
		return true;
	if (client_n_queued(client) != 0)
		return false;
	while (client->scanned < count_used(client) && !is_left(client, client->scanned, &stage))
		client->scanned++;
	return client->scanned >= count_used(client);
}

/* --- its end ------------------------------------------------------------------------------ */

/* Fails as long as somebody has it mapped for writing; only the program had. */
static bool is_unmapped(const struct client *client)
{
	return fcntl(client->slab_fd, F_ADD_SEALS, F_SEAL_WRITE) == 0;
}

/* A relay that waited for a processor itself learns it late. */
static bool has_ended(const struct client *client)
{
	struct pollfd fd = {.fd = client->pidfd, .events = POLLIN};
	return poll(&fd, 1, 0) > 0;
}

bool client_has_left(struct client *client, uint64_t now_ns)
{
	uint64_t idle_ns = now_ns - client->moved_ns;
	if (client->left_ns) /* while a process ends its memory goes first: its pidfd knows better */
		return client->pidfd < 0 ||
		       (now_ns - client->left_ns > END_MAX_MS * NS_PER_MS && !has_ended(client));
	if (now_ns < client->look_ns)
		return false;
	uint64_t wait_ns = idle_ns / 8;
	if (wait_ns < LOOK_MIN_MS * NS_PER_MS)
		wait_ns = LOOK_MIN_MS * NS_PER_MS;
	if (wait_ns > LOOK_MAX_MS * NS_PER_MS)
		wait_ns = LOOK_MAX_MS * NS_PER_MS;
	client->look_ns = now_ns + wait_ns;
	oom_look(&client->oom);
	if (is_unmapped(client))
		client->left_ns = now_ns;
	return client->left_ns && client->pidfd < 0;
}
