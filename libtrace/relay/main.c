/* SPDX-License-Identifier: Apache-2.0 */
/* libtrace-relay - sends the spans of all programs under one launcher, which starts it, or of those that
 * find it by a path.
 *
 * One loop: programs bring their slabs (door.h), their queues are read and sent (client.h), and
 * their ends are noticed (end.h).  Another thread does nothing but show that the process lives.
 */
#include "batch.h"
#include "client.h"
#include "door.h"
#include "heart.h"
#include "listen.h"
#include "options.h"
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
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DOOR_FD 3    /* by the launcher: it listens */
#define PROGRAM_FD 4 /* pidfd of the launcher, which becomes the program */

#define CLIENTS_MAX 1024 /* more wait at the door, and use their threads */
#define TICK_MS 10	 /* between two looks at the queues */
#define END_WAIT_MS 300	 /* for a parent to reap the program: then it is known how it ended */
#define END_WAIT_CONTAINER_MS 1500 /* likewise for a container's runtime, on a busy node */
#define LINGER_MS 500		   /* after the last program: its children may be on their way */
#define OWN_FDS 32		   /* beside those of clients */
#define STOP_MAX_MS 3600000
#define BATCH_SIZE_MAX 4096 /* spans; a larger batch is sent in parts */
#define BATCH_SETTING_MAX (1 << 20)
#define NS_PER_MS UINT64_C(1000000)

static struct {
	struct door door;
	struct lt_exporter *exporter;
	bool sends_open; /* OTEL_C_OPEN_SPANS */
	struct client *clients;
	size_t n_clients;
	size_t clients_max;	 /* CLIENTS_MAX at most: as many as there are descriptors for */
	bool is_listening;	 /* at a path, until a signal */
	bool is_program_dead;	 /* the launcher's */
	uint64_t alone_ns;	 /* since when nobody is there; 0: somebody is */
	unsigned stop_ms;	 /* OTEL_C_EXIT_TIMEOUT */
	int stop_fd;		 /* readable when it is to stop */
	_Atomic uint64_t end_ns; /* monotonic, when it is to have stopped; 0: it is not to */
} relay;

static uint64_t wall_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* To the programs, which print it: a launcher's relay has no standard error but of an init, for what is
 * to be reported when the program has ended. */
static void report(enum lt_level level, const char *text, void *user)
{
	if (level == LT_LEVEL_NONE || level > LT_LEVEL_WARN)
		return;
	if (relay.is_listening || relay.is_program_dead)
		fprintf(stderr, "libtrace-relay: %s\n", text);
	for (struct client *client = relay.clients; client; client = client->next) {
		snprintf(client->control->message, LT_SLAB_MESSAGE_BYTES, "%s", text);
		atomic_fetch_add_explicit(&client->control->n_messages, 1, memory_order_release);
	}
}

/* --- programs ----------------------------------------------------------------------------- */

/* What is a SIGKILL, as far as can be seen, may be the kernel's for lack of memory. */
static void look_for_lack_of_memory(struct client *client)
{
	struct end *end = &client->end;
	bool may_be = end->cause == END_KILLED ||
		      (end->cause == END_SIGNAL && end->number == SIGKILL) ||
		      (end->cause == END_UNKNOWN && !atomic_load(&client->slab->is_shut_down));
	if (may_be && oom_has_killed(&client->oom, client->dead_ns))
		end->cause = END_MEMORY;
}

static void mark_dead(struct client *client, enum end_cause cause)
{
	if (client->is_dead)
		return;
	client->is_dead = true;
	client->dead_ns = lt_clock_monotonic_ns();
	client->end = (struct end){.cause = cause, .time_ns = wall_ns()};
	/* The kernel tells nothing of a process in a PID namespace that is not the relay's or below it. */
	client->knows_end = cause != END_UNKNOWN || client->pidfd < 0 || client->pid == 0;
	if (cause == END_UNKNOWN && client->pidfd >= 0 && !atomic_load(&client->slab->is_shut_down))
		client->end.cause = END_KILLED;
	oom_look(&client->oom);
	if (client->knows_end)
		look_for_lack_of_memory(client);
}

static void look_for_end(struct client *client, uint64_t now_ns)
{
	if (!client->is_dead && client_has_left(client, now_ns))
		mark_dead(client, client->pidfd < 0 ? END_UNKNOWN : END_EXEC);
	if (!client->is_dead || client->knows_end)
		return;
	uint64_t wait_ms = relay.is_listening ? END_WAIT_CONTAINER_MS : END_WAIT_MS;
	client->knows_end = end_read(client->pidfd, &client->end) ||
			    now_ns > client->dead_ns + wait_ms * NS_PER_MS;
	if (client->knows_end)
		look_for_lack_of_memory(client);
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
	heart_add(client->control, client->pidfd, &client->oom);
	atomic_store(&client->control->is_read, 1);
	if (atomic_load(&relay.end_ns))
		batch_want_all(client);
}

static void remove_client(struct client **place)
{
	struct client *client = *place;
	*place = client->next;
	relay.n_clients--;
	batch_count_last(client);
	heart_remove(client->control);
	client_free(client);
}

/* Returns whether there is more to send at once. */
static bool serve_all(enum batch_hurry hurry)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	for (struct client *client = relay.clients; client; client = client->next)
		look_for_end(client, now_ns);
	batch_see_flushes(relay.clients);
	bool has_more = batch_send(&relay.clients, hurry);
	batch_see_flushes(relay.clients);
	for (struct client **place = &relay.clients; *place;) {
		if (client_is_over(*place))
			remove_client(place);
		else
			place = &(*place)->next;
	}
	batch_report_drops(false);
	return has_more;
}

/* --- the loop ----------------------------------------------------------------------------- */

static void take_clients(void)
{
	struct client *client;
	while (relay.n_clients < relay.clients_max && (client = door_take(&relay.door)))
		add_client(client);
}

static void wait_for_events(int timeout_ms)
{
	static struct pollfd fds[2 + SILENT_MAX + 1 + CLIENTS_MAX];
	size_t n = 0;
	bool has_program = !relay.is_listening && !relay.is_program_dead;
	fds[n++] = (struct pollfd){.fd = has_program ? PROGRAM_FD : -1, .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = relay.stop_fd, .events = POLLIN};
	if (relay.n_clients < relay.clients_max)
		n += door_poll(&relay.door, fds + n);
	size_t first = n;
	for (struct client *client = relay.clients; client; client = client->next)
		fds[n++] = (struct pollfd){
			.fd = client->is_dead ? -1 : client->pidfd, .events = POLLIN};
	if (poll(fds, n, timeout_ms) <= 0)
		return;
	relay.is_program_dead |= fds[0].revents != 0;
	if (fds[1].revents)
		eventfd_read(relay.stop_fd, &(eventfd_t){0});
	n = first;
	for (struct client *client = relay.clients; client; client = client->next) {
		if (fds[n++].revents)
			mark_dead(client, END_UNKNOWN);
	}
}

static bool is_over(void)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (atomic_load(&relay.end_ns))
		return true;
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
	if (relay.clients || relay.door.n_silent)
		return TICK_MS;
	return relay.is_program_dead ? LINGER_MS + TICK_MS : -1;
}

static void run(void)
{
	bool has_more = false;
	while (!is_over()) {
		wait_for_events(timeout_ms(has_more));
		take_clients();
		has_more = serve_all(relay.is_program_dead ? BATCH_NO_WAIT : BATCH_USUAL);
	}
}

/* --- its own end -------------------------------------------------------------------------- */

/* By the heart's thread; also an export that is under way is to end in time. */
static void stop(void)
{
	atomic_store(&relay.end_ns, lt_clock_monotonic_ns() + relay.stop_ms * NS_PER_MS);
	if (relay.exporter->impl->hurry)
		relay.exporter->impl->hurry(relay.exporter, relay.stop_ms);
	eventfd_write(relay.stop_fd, 1);
}

static bool is_client_done(struct client *client)
{
	return client->is_dead ? client_is_over(client)
			       : client->is_left || client->done >= client->flush_target;
}

static bool are_all_done(void)
{
	bool is_done = relay.door.n_silent == 0;
	for (struct client *client = relay.clients; client; client = client->next)
		is_done &= is_client_done(client);
	return is_done;
}

/* Sends what is there by now.  Programs that live see the relay's end, and send the rest. */
static void send_rest(void)
{
	listen_end(); /* nobody comes any more, but for those who wait at the door */
	for (struct client *client = relay.clients; client; client = client->next)
		batch_want_all(client);
	do {
		take_clients();
		wait_for_events(serve_all(BATCH_LAST) ? 0 : TICK_MS);
	} while (!are_all_done() && lt_clock_monotonic_ns() < atomic_load(&relay.end_ns));
}

/* --- start -------------------------------------------------------------------------------- */

static void read_settings(void)
{
	struct batch_settings settings = {.exporter = relay.exporter,
		.size = lt_config_uint("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", LT_DEFAULT_BSP_BATCH_SPANS,
			1, BATCH_SETTING_MAX),
		.delay_ms = lt_config_uint(
			"OTEL_BSP_SCHEDULE_DELAY", LT_DEFAULT_BSP_SCHEDULE_DELAY_MS, 0, INT32_MAX),
		.export_timeout_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_EXPORT_TIMEOUT", LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS, 0, INT32_MAX),
		.counts_all = relay.is_listening};
	if (settings.size > BATCH_SIZE_MAX)
		settings.size = BATCH_SIZE_MAX;
	batch_set_up(&settings);
	static const char *const words[] = {"false", "true"};
	relay.sends_open = lt_config_word("OTEL_C_OPEN_SPANS", words, 2, 1);
	relay.stop_ms = (unsigned)lt_config_uint(
		"OTEL_C_EXIT_TIMEOUT", LT_DEFAULT_EXIT_TIMEOUT_MS, 0, STOP_MAX_MS);
}

/* As many clients as there are descriptors for; false: for none. */
static bool set_limits(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	uint64_t n_fds = limit.rlim_cur, n_silent = n_fds / 8;
	relay.door.silent_max = n_silent < SILENT_MAX ? n_silent : SILENT_MAX;
	if (n_fds < OWN_FDS + relay.door.silent_max + CLIENT_FDS_MAX)
		return false;
	uint64_t n = (n_fds - OWN_FDS - relay.door.silent_max) / CLIENT_FDS_MAX;
	relay.clients_max = n < CLIENTS_MAX ? n : CLIENTS_MAX;
	return true;
}

/* The launcher has opened the door. */
static int take_door(void)
{
	struct lt_relay_address address;
	if (!getenv(LT_RELAY_VARIABLE) || fcntl(PROGRAM_FD, F_GETFD) < 0) {
		fprintf(stderr, "libtrace-relay: --listen PATH is missing (try --help)\n");
		return EXIT_USAGE;
	}
	if (!lt_relay_address_read(&address) || fcntl(DOOR_FD, F_SETFL, O_NONBLOCK) < 0)
		return EXIT_CANNOT;
	relay.door.fd = DOOR_FD;
	memcpy(relay.door.token, address.token, sizeof(relay.door.token));
	return 0;
}

static int open_door(const char *path)
{
	relay.door.fd = listen_begin(path, relay.door.token);
	return relay.door.fd < 0 ? EXIT_CANNOT : 0;
}

/* @return 0 or the exit code */
static int set_up(const char *path)
{
	enum lt_exporter_kind kinds[LT_EXPORTER_KINDS];
	relay.is_listening = path != NULL; /* so that errors are printed */
	size_t n_kinds = lt_exporter_kinds_from_env(kinds);
	int err = n_kinds == 1 ? lt_exporter_from_env(kinds[0], &relay.exporter) : 0;
	if (err || n_kinds != 1) {
		fprintf(stderr, "libtrace-relay: nothing to send spans by: %s\n",
			err	  ? "the settings are not valid"
			: n_kinds ? "OTEL_TRACES_EXPORTER names several exporters"
				  : "OTEL_TRACES_EXPORTER is none");
		return EXIT_CANNOT;
	}
	read_settings();
	relay.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (relay.stop_fd < 0 || !set_limits() || heart_start(stop) != 0) {
		fprintf(stderr, "libtrace-relay: too few descriptors, threads or memory\n");
		return EXIT_CANNOT;
	}
	return path ? open_door(path) : take_door();
}

/* Where it is a container's first process, a signal without a handler does nothing. */
static void leave(int unused)
{
	_exit(EXIT_SUCCESS);
}

static _Noreturn void stay(void)
{
	sigset_t none;
	sigemptyset(&none);
	signal(SIGTERM, leave);
	signal(SIGINT, leave);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct options options;
	int code = options_read(argv, &options);
	if (code >= 0)
		return code;
	signal(SIGPIPE, SIG_IGN);
	lt_set_report_handler(report, NULL);
	lt_suppress_enter();
	code = set_up(options.path);
	if (code && options.stays)
		stay();
	if (!code) {
		run();
		send_rest();
		batch_report_drops(true);
	}
	/* Not freed: the heart's thread may be about to hurry the exporter. */
	return code;
}
