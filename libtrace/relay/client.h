/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - one program whose spans the relay sends. */
#ifndef LT_RELAY_CLIENT_H
#define LT_RELAY_CLIENT_H

#include "end.h"
#include "oom.h"
#include "reader.h"

#include <sys/types.h>

#define CLIENT_FDS_MAX 3 /* slab, control, memory events */

struct client_drops { /* spans */
	uint64_t n_full, n_failed, n_rejected, n_malformed;
};

struct client {
	struct client *next;
	const struct lt_slab *slab;
	struct lt_slab_control *control;
	uint32_t n_blocks;
	int slab_fd; /* by which it is noticed that the program has its slab no more */
	pid_t pid;   /* in the relay's namespace; 0: not known */
	int pidfd; /* -1: it is in another one, on an old kernel, or was gone when its slab came */
	struct reader reader;
	struct lt_resource resource; /* of all its spans; without attributes until there is one */
	bool has_resource;

	bool is_dead;
	bool knows_end; /* how it ended, or that nobody can tell */
	struct end end;
	struct oom oom;
	uint64_t dead_ns;
	bool sends_open; /* OTEL_C_OPEN_SPANS */

	uint64_t done;		   /* as in control, which may be anything by now */
	uint64_t taken;		   /* positions that the batch has come to */
	uint32_t scanned, scan_at; /* blocks looked at since its death: delivered, taken */
	uint8_t (*taken_ids)[8];   /* of the span taken last, of each block */
	uint64_t hole_ns;	   /* since when the reader stands before one; 0: it does not */

	uint64_t due_ns;      /* when what is queued is to be sent; 0: nothing is */
	size_t n_taken;	      /* spans, by the current batch */
	bool is_alone;	      /* to be sent without others: a batch with them has been refused */
	uint64_t full_before; /* the program's count of drops when a batch came back first */
	bool is_kept;	      /* the last batch came back */
	bool is_left;	      /* to the program: the relay stops */
	uint64_t flush_wanted,
		flush_target;	    /* the last ticket seen, and what its flush waits for */
	uint64_t moved_ns, look_ns; /* when its tail moved; when to look for its slab */
	uint64_t left_ns;	    /* since when it has the slab no more; 0: it has */
	uint64_t tail_seen;
	struct client_drops drops; /* but n_full, which is the program's */
};

/** A client of what a hello brought.
 * @param fds  slab, control and perhaps memory events; stay the caller's
 * @param pidfd  taken, also on failure
 * @return 0 or -Exxx: what came is not sound */
int client_new(uint32_t n_blocks, const int *fds, size_t n_fds, pid_t pid, int pidfd,
	struct client **ret_client);

/** Unmaps, closes and frees. */
void client_free(struct client *client);

/** Positions that are queued and not done; all sound. */
uint64_t client_n_queued(struct client *client);

/**
 * Copies what is to be sent next: at most max spans from the queue, then, when the program is dead,
 * of its blocks.
 * @param spans  max + 1 pointers; only the first one is set, to room for max spans, and the others are set here:
 *               each copy lies behind the one before, in as little room as it needs
 * @return how many, all of them with a resource
 */
size_t client_take(struct client *client, struct span_copy **spans, size_t max);

/** What was taken last has been sent, or dropped. */
void client_confirm(struct client *client);

/** What was taken last is to be taken again. */
void client_put_back(struct client *client);

/** Whether nothing is left of a dead one.  Passes over its blocks without a span. */
bool client_is_over(struct client *client);

/** Whether the program has its slab no more: it executes another one, or, where there is no pidfd, it
 * has ended.  Looks now and then. */
bool client_has_left(struct client *client, uint64_t now_ns);

#endif
