/* SPDX-License-Identifier: Apache-2.0 */
/* libtrace-relay - sends the spans of all programs under one launcher, which starts it.
 *
 * One loop: programs bring their slabs (door.h), their queues are read and sent (client.h), and
 * their ends are noticed (end.h).  Another thread does nothing but show that the process lives.
 */
#include "client.h"
#include "door.h"
#include "export/exporter.h"
#include "heart.h"
#include "process/relay_address.h"
#include "setup/exporter_from_env.h"
#include "util/clock.h"
#include "util/config.h"
#include "util/defaults.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libtrace/instrumentation.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DOOR_FD 3    /* by the launcher: it listens */
#define PROGRAM_FD 4 /* pidfd of the launcher, which becomes the program */

#define CLIENTS_MAX 1024 /* more wait at the door, and use their threads */
#define TICK_MS 10	 /* between two looks at the queues */
#define END_WAIT_MS 300	 /* for a parent to reap the program: then it is known how it ended */
#define LINGER_MS 500	 /* after the last program: its children may be on their way */
#define RETRY_MS 20	 /* before a batch that came back is sent again */
#define GIVE_UP_MS 30000 /* after a program's end */
#define BATCH_SIZE_MAX 4096
#define NS_PER_MS UINT64_C(1000000)

static struct {
	struct door door;
	struct lt_exporter *exporter;
	size_t batch_size;
	uint64_t delay_ms;
	unsigned export_timeout_ms;
	bool sends_open; /* OTEL_C_OPEN_SPANS */
	struct client *clients;
	size_t n_clients;
	struct span_copy **spans; /* of a batch; NULL: nothing has been sent yet */
	const struct lt_span_data **data;
	bool is_program_dead;
	uint64_t alone_ns; /* since when nobody is there; 0: somebody is */
} relay;

static uint64_t wall_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* To the programs, which print it: the relay has no standard error. */
static void report(enum lt_level level, const char *text, void *user)
{
	if (level == LT_LEVEL_NONE || level > LT_LEVEL_WARN)
		return;
	for (struct client *client = relay.clients; client; client = client->next) {
		snprintf(client->control->message, LT_SLAB_MESSAGE_BYTES, "%s", text);
		atomic_fetch_add_explicit(&client->control->n_messages, 1, memory_order_release);
	}
}

/* --- batches ------------------------------------------------------------------------------ */

static bool has_batch(void)
{
	if (relay.spans)
		return true;
	struct span_copy *copies = malloc(relay.batch_size * sizeof(*copies));
	struct span_copy **spans = malloc(relay.batch_size * sizeof(*spans));
	relay.data = malloc(relay.batch_size * sizeof(*relay.data));
	if (!copies || !spans || !relay.data) {
		free(copies);
		free(spans);
		free(relay.data);
		return false;
	}
	for (size_t i = 0; i < relay.batch_size; i++)
		spans[i] = &copies[i];
	relay.spans = spans;
	return true;
}

static bool has_asked(struct client *client)
{
	uint64_t wanted = atomic_load(&client->slab->flush_wanted);
	if (wanted != client->flush_wanted) {
		client->flush_wanted = wanted;
		client->flush_target = client->done + client_n_queued(client);
	}
	if (client->done >= client->flush_target)
		atomic_store(&client->control->flush_done, client->flush_wanted);
	return client->done < client->flush_target;
}

static bool is_due(struct client *client, uint64_t now_ns)
{
	uint64_t n = client_n_queued(client);
	bool is_asked = has_asked(client);
	if (now_ns < client->retry_ns)
		return false;
	if (client->is_dead)
		return true;
	if (!n) {
		client->due_ns = 0;
		return false;
	}
	if (!client->due_ns)
		client->due_ns = now_ns + relay.delay_ms * NS_PER_MS;
	return is_asked || client->is_kept || n >= relay.batch_size || now_ns >= client->due_ns;
}

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

static void count(struct client *client, int result, size_t n)
{
	if (result < 0)
		atomic_fetch_add(&client->control->n_failed, n);
	else if (result > 0)
		atomic_fetch_add(
			&client->control->n_rejected, (size_t)result < n ? (size_t)result : n);
}

/* One batch; returns whether there may be more. */
static bool send_batch(struct client *client, uint64_t now_ns)
{
	if (!has_batch())
		return false;
	size_t n = client_take(client, relay.spans, relay.batch_size);
	if (n == 0) {
		client_confirm(client);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		relay.data[i] = &relay.spans[i]->data;
	int result = lt_exporter_export(relay.exporter, relay.data, n, relay.export_timeout_ms);
	for (size_t i = 0; i < n; i++)
		lt_arena_done(&relay.spans[i]->arena);
	if (result == -EAGAIN && may_retry(client, now_ns)) {
		client_put_back(client);
		client->retry_ns = lt_clock_monotonic_ns() + RETRY_MS * NS_PER_MS;
		return false;
	}
	client->is_kept = false;
	client->due_ns = 0;
	count(client, result, n);
	client_confirm(client);
	return n == relay.batch_size;
}

/* --- programs ----------------------------------------------------------------------------- */

static void mark_dead(struct client *client, enum end_cause cause)
{
	if (client->is_dead)
		return;
	client->is_dead = true;
	client->dead_ns = lt_clock_monotonic_ns();
	client->end = (struct end){.cause = cause, .time_ns = wall_ns()};
	client->knows_end = cause != END_UNKNOWN || client->pidfd < 0;
}

static void look_for_end(struct client *client, uint64_t now_ns)
{
	if (!client->is_dead && client_has_executed(client, now_ns))
		mark_dead(client, END_EXEC);
	if (!client->is_dead || client->knows_end)
		return;
	client->knows_end = end_read(client->pidfd, &client->end) ||
			    now_ns > client->dead_ns + END_WAIT_MS * NS_PER_MS;
}

static void add_client(struct client *client)
{
	/* A process with a new slab is a new program. */
	for (struct client *other = relay.clients; other; other = other->next) {
		if (other->pid == client->pid && client->pid > 0)
			mark_dead(other, END_EXEC);
	}
	client->sends_open = relay.sends_open;
	client->next = relay.clients;
	relay.clients = client;
	relay.n_clients++;
	heart_add(client->control);
	if (client->pidfd < 0)
		mark_dead(client, END_UNKNOWN);
}

static void remove_client(struct client **place)
{
	struct client *client = *place;
	*place = client->next;
	relay.n_clients--;
	heart_remove(client->control);
	client_free(client);
}

/* One batch of each; returns whether there is more to send at once. */
static bool serve_all(void)
{
	bool has_more = false;
	for (struct client **place = &relay.clients; *place;) {
		struct client *client = *place;
		uint64_t now_ns = lt_clock_monotonic_ns();
		look_for_end(client, now_ns);
		if (is_due(client, now_ns))
			has_more |= send_batch(client, now_ns);
		has_asked(client);
		if (client_is_over(client))
			remove_client(place);
		else
			place = &client->next;
	}
	return has_more;
}

/* --- the loop ----------------------------------------------------------------------------- */

static void take_clients(void)
{
	struct client *client;
	while (relay.n_clients < CLIENTS_MAX && (client = door_take(&relay.door)))
		add_client(client);
}

static void wait_for_events(int timeout_ms)
{
	static struct pollfd fds[1 + SILENT_MAX + 1 + CLIENTS_MAX];
	size_t n = 0;
	fds[n++] = (struct pollfd){.fd = relay.is_program_dead ? -1 : PROGRAM_FD, .events = POLLIN};
	if (relay.n_clients < CLIENTS_MAX)
		n += door_poll(&relay.door, fds + n);
	size_t first = n;
	for (struct client *client = relay.clients; client; client = client->next)
		fds[n++] = (struct pollfd){
			.fd = client->is_dead ? -1 : client->pidfd, .events = POLLIN};
	if (poll(fds, n, timeout_ms) <= 0)
		return;
	relay.is_program_dead |= fds[0].revents != 0;
	n = first;
	for (struct client *client = relay.clients; client; client = client->next) {
		if (fds[n++].revents)
			mark_dead(client, END_UNKNOWN);
	}
}

static bool is_over(void)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (relay.clients || relay.door.n_silent || !relay.is_program_dead) {
		relay.alone_ns = 0;
		return false;
	}
	if (!relay.alone_ns)
		relay.alone_ns = now_ns;
	return now_ns - relay.alone_ns > LINGER_MS * NS_PER_MS;
}

static int timeout_ms(bool has_more)
{
	if (has_more)
		return 0;
	return relay.clients || relay.door.n_silent || relay.is_program_dead ? TICK_MS : -1;
}

static void run(void)
{
	bool has_more = false;
	while (!is_over()) {
		wait_for_events(timeout_ms(has_more));
		take_clients();
		has_more = serve_all();
	}
}

static void read_settings(void)
{
	relay.batch_size = lt_config_uint(
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", LT_DEFAULT_BSP_BATCH_SPANS, 1, BATCH_SIZE_MAX);
	relay.delay_ms = lt_config_uint(
		"OTEL_BSP_SCHEDULE_DELAY", LT_DEFAULT_BSP_SCHEDULE_DELAY_MS, 0, INT32_MAX);
	relay.export_timeout_ms = (unsigned)lt_config_uint(
		"OTEL_BSP_EXPORT_TIMEOUT", LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS, 0, INT32_MAX);
	static const char *const words[] = {"false", "true"};
	relay.sends_open = lt_config_word("OTEL_C_OPEN_SPANS", words, 2, 1);
}

int main(void)
{
	struct lt_relay_address address;
	enum lt_exporter_kind kind;
	signal(SIGPIPE, SIG_IGN);
	lt_set_report_handler(report, NULL);
	if (!lt_relay_address_read(&address) || fcntl(DOOR_FD, F_GETFD) < 0)
		return EXIT_FAILURE; /* nobody but the launcher is to start it */
	fcntl(DOOR_FD, F_SETFL, O_NONBLOCK);
	relay.door = (struct door){.fd = DOOR_FD, .token = address.token};
	read_settings();
	if (heart_start() != 0 || lt_exporter_from_env(&relay.exporter, &kind) != 0 ||
		!relay.exporter)
		return EXIT_FAILURE;
	lt_suppress_enter();
	run();
	lt_exporter_free(relay.exporter);
	return EXIT_SUCCESS;
}
