/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include "export/exporter.h"
#include "process/export_counts.h"
#include "util/clock.h"
#include "util/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define ENDED_WAIT_MS 1000 /* of the spans of a program that has ended, for those of others */
#define ENDED_MAX 64	   /* programs that have ended and wait */
#define RETRY_MS 20	   /* before a batch that came back is sent again */
#define GIVE_UP_MS 30000   /* after a program's end */
#define NS_PER_MS UINT64_C(1000000)

static struct {
	struct batch_settings settings;
	struct span_copy *
		*spans; /* and the place behind the last; NULL: nothing has been sent yet */
	const struct lt_span_data **data;
	size_t n;
	uint64_t retry_ns; /* no earlier */

	struct client_drops drops, reported;
	uint64_t report_ns; /* 0: not yet */
} batch;

void batch_set_up(const struct batch_settings *settings)
{
	batch.settings = *settings;
}

static bool has_memory(void)
{
	if (batch.spans)
		return true;
	size_t size = batch.settings.size;
	struct span_copy *copies = malloc(size * sizeof(*copies));
	struct span_copy **spans = malloc((size + 1) * sizeof(*spans));
	batch.data = malloc(size * sizeof(*batch.data));
	if (!copies || !spans || !batch.data) {
		free(copies);
		free(spans);
		free(batch.data);
		return false;
	}
	spans[0] = copies;
	batch.spans = spans;
	return true;
}

/* --- what is due -------------------------------------------------------------------------- */

void batch_want_all(struct client *client)
{
	client->flush_target = client->done + client_n_queued(client);
}

void batch_see_flushes(struct client *clients)
{
	for (struct client *client = clients; client; client = client->next) {
		uint64_t wanted = atomic_load(&client->slab->flush_wanted);
		if (wanted != client->flush_wanted) {
			client->flush_wanted = wanted;
			batch_want_all(client);
		}
		if (client->done >= client->flush_target)
			atomic_store(&client->control->flush_done, client->flush_wanted);
	}
}

/* Since when its spans wait, and until when. */
static void set_due(struct client *client, uint64_t now_ns)
{
	uint64_t wait_ms = batch.settings.delay_ms;
	if (!client->due_ns)
		client->due_ns = now_ns + wait_ms * NS_PER_MS;
	if (client->is_dead && client->due_ns > client->dead_ns + ENDED_WAIT_MS * NS_PER_MS)
		client->due_ns = client->dead_ns + ENDED_WAIT_MS * NS_PER_MS;
}

static bool has_spans(struct client *client)
{
	if (client->is_left)
		return false;
	return client_n_queued(client) || (client->is_dead && client->knows_end);
}

static bool is_due(struct client *client, uint64_t now_ns, enum batch_hurry hurry)
{
	if (!has_spans(client)) {
		client->due_ns = 0;
		return false;
	}
	set_due(client, now_ns);
	return now_ns >= client->due_ns || client->is_kept || client->is_alone ||
	       client->done < client->flush_target || (client->is_dead && hurry != BATCH_USUAL);
}

/* Whether somebody's spans are to be sent now; or enough wait that a request is full. */
static bool is_any_due(struct client *clients, uint64_t now_ns, enum batch_hurry hurry)
{
	uint64_t n_queued = 0, n_ended = 0;
	bool is_one = false;
	for (struct client *client = clients; client; client = client->next) {
		is_one |= is_due(client, now_ns, hurry);
		if (has_spans(client)) {
			n_queued += client_n_queued(client);
			n_ended += client->is_dead;
		}
	}
	return is_one || n_queued >= batch.settings.size || n_ended >= ENDED_MAX;
}

/* --- one batch ---------------------------------------------------------------------------- */

static void take(struct client *client)
{
	size_t room = batch.settings.size - batch.n;
	client->n_taken = room ? client_take(client, batch.spans + batch.n, room) : 0;
	if (room && !client->n_taken)
		client_confirm(client); /* holes, and blocks without a span */
	batch.n += client->n_taken;
}

/* One that is to be sent without others. */
static struct client *find_alone(struct client *clients)
{
	struct client *client = clients;
	while (client && !client->is_alone)
		client = client->next;
	return client;
}

static void take_all(struct client *clients)
{
	struct client *alone = find_alone(clients);
	batch.n = 0;
	for (struct client *client = clients; client; client = client->next) {
		client->n_taken = 0;
		if (alone ? client == alone : has_spans(client))
			take(client);
	}
	if (alone && !alone->n_taken)
		alone->is_alone = false;
}

/* The first goes last: a busy one leaves room for others. */
static void take_turns(struct client **clients)
{
	struct client *first = *clients, **end = &first->next;
	while (*end)
		end = &(*end)->next;
	if (end == &first->next)
		return;
	*clients = first->next;
	first->next = NULL;
	*end = first;
}

static int export_spans(void)
{
	for (size_t i = 0; i < batch.n; i++)
		batch.data[i] = &batch.spans[i]->data;
	int result = lt_exporter_export(
		batch.settings.exporter, batch.data, batch.n, batch.settings.export_timeout_ms);
	if (result != -EAGAIN)
		lt_export_report_discards(batch.data, batch.n);
	for (size_t i = 0; i < batch.n; i++)
		lt_arena_done(&batch.spans[i]->arena);
	return result;
}

/* --- what became of it -------------------------------------------------------------------- */

/* A batch that came back is sent again, unless its places are needed, or there is nobody left whose
 * exit would be put off. */
static bool may_retry(struct client *client, uint64_t now_ns)
{
	uint64_t n_full = atomic_load(&client->slab->n_full);
	if (!client->is_kept)
		client->full_before = n_full;
	client->is_kept = true;
	if (client->is_dead)
		return now_ns < client->dead_ns + GIVE_UP_MS * NS_PER_MS;
	return n_full == client->full_before;
}

static void drop(struct client *client, size_t n_failed, size_t n_rejected)
{
	client->drops.n_failed += n_failed;
	client->drops.n_rejected += n_rejected;
	atomic_store(&client->control->n_failed, client->drops.n_failed);
	atomic_store(&client->control->n_rejected, client->drops.n_rejected);
	if (batch.settings.counts_all || client->is_dead) {
		batch.drops.n_failed += n_failed;
		batch.drops.n_rejected += n_rejected;
	}
}

static void finish(struct client *client, size_t n_failed, size_t n_rejected)
{
	drop(client, n_failed, n_rejected);
	client->is_kept = client->is_alone = false;
	client->due_ns = 0;
	client_confirm(client);
}

/* Whose spans a collector rejects it does not tell; that it is so many is right for all together. */
static void finish_all(struct client *clients, size_t n_rejected)
{
	for (struct client *client = clients; client; client = client->next) {
		size_t n = client->n_taken < n_rejected ? client->n_taken : n_rejected;
		n_rejected -= n;
		if (client->n_taken)
			finish(client, 0, n);
	}
}

static void put_back(struct client *client, uint64_t now_ns, int result, enum batch_hurry hurry)
{
	bool is_left = hurry == BATCH_LAST && !client->is_dead;
	if (!is_left && !(result == -EAGAIN && may_retry(client, now_ns))) {
		finish(client, client->n_taken, 0);
		return;
	}
	client->is_left = is_left;
	client_put_back(client);
}

static size_t n_parts(const struct client *clients)
{
	size_t n = 0;
	for (const struct client *client = clients; client; client = client->next)
		n += client->n_taken > 0;
	return n;
}

/* @return whether it may go on at once */
static bool take_back(struct client *clients, uint64_t now_ns, int result, enum batch_hurry hurry)
{
	bool is_refused = result != -EAGAIN && n_parts(clients) > 1;
	for (struct client *client = clients; client; client = client->next) {
		if (!client->n_taken)
			continue;
		if (is_refused) {
			client->is_alone = true;
			client_put_back(client);
		} else {
			put_back(client, now_ns, result, hurry);
		}
	}
	if (result == -EAGAIN)
		batch.retry_ns = lt_clock_monotonic_ns() + RETRY_MS * NS_PER_MS;
	return is_refused;
}

bool batch_send(struct client **clients, enum batch_hurry hurry)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (now_ns < batch.retry_ns || !is_any_due(*clients, now_ns, hurry) || !has_memory())
		return false;
	take_all(*clients);
	if (!batch.n)
		return false;
	bool is_full = batch.n == batch.settings.size;
	int result = export_spans();
	bool has_more = is_full || find_alone(*clients);
	if (result < 0)
		has_more = take_back(*clients, now_ns, result, hurry);
	else
		finish_all(*clients, (size_t)result);
	take_turns(clients);
	return has_more;
}

/* --- drops -------------------------------------------------------------------------------- */

void batch_count_last(const struct client *client)
{
	batch.drops.n_full += atomic_load(&client->slab->n_full);
	batch.drops.n_malformed += client->drops.n_malformed;
}

static uint64_t sum(const struct client_drops *drops)
{
	return drops->n_full + drops->n_failed + drops->n_rejected + drops->n_malformed;
}

void batch_report_drops(bool is_last)
{
	const struct client_drops *drops = &batch.drops;
	uint64_t n = sum(drops) - sum(&batch.reported), now_ns = lt_clock_monotonic_ns();
	if (!n || (!is_last && batch.report_ns &&
			  now_ns - batch.report_ns < LT_REPORT_INTERVAL_MS * NS_PER_MS))
		return;
	batch.report_ns = now_ns;
	batch.reported = *drops;
	lt_report(LT_LEVEL_WARN,
		"the relay: %" PRIu64
		" spans dropped since its last report%s (since start: %" PRIu64
		" with as many queued as may be, %" PRIu64 " that could not be exported, %" PRIu64
		" that the collector rejected, %" PRIu64 " that could not be read)",
		n, batch.settings.counts_all ? "" : " whose programs have ended", drops->n_full,
		drops->n_failed, drops->n_rejected, drops->n_malformed);
}
