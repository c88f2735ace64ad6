/* SPDX-License-Identifier: Apache-2.0 */
/* check_processor_relay.c - several threads hand spans over to a relay, here a thread with mappings of its
 * own; it falls behind, and dies.
 */
#include "check_main.h"

#include "process/processor_relay.h"
#include "process/relay_address.h"
#include "trace/span_slab.h"
#include "util/clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define N_THREADS 4
#define N_SPANS 5000 /* a thread's */
#define N_ALL (N_THREADS * N_SPANS)
#define TOKEN "0123456789abcdef0123456789abcdef"

static struct lt_exporter *exporter; /* of the thread */
static struct lt_provider *provider;
static struct lt_tracer *tracer;

/* --- a relay ------------------------------------------------------------------------------ */

static int door;
static const struct lt_slab *slab; /* as the relay has them */
static struct lt_slab_control *control;
static pthread_t relay_thread;
static atomic_bool must_die;
static _Atomic size_t n_read;
static uint64_t ids[N_ALL]; /* of the spans that it has read */

static void take_hello(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} rights;
	struct lt_slab_hello hello;
	struct iovec data = {&hello, sizeof(hello)};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes)};
	int fds[2], fd = accept(door, NULL, NULL);
	ck_assert_int_eq(recvmsg(fd, &message, 0), sizeof(hello));
	ck_assert_mem_eq(hello.token, TOKEN, sizeof(hello.token));
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fds));
	slab = mmap(NULL, lt_slab_bytes(hello.n_blocks), PROT_READ, MAP_SHARED, fds[0], 0);
	control = mmap(NULL, LT_SHARED_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
	ck_assert(slab != MAP_FAILED && control != MAP_FAILED);
	ck_assert_ptr_ne(slab, lt_slab);
	close(fds[0]);
	close(fds[1]);
	close(fd);
}

/* The span at a position; false while its place is a hole. */
static bool read_one(uint64_t position)
{
	const char *memory = (const char *)slab;
	const _Atomic uint64_t *places = (const _Atomic uint64_t *)(memory + LT_SHARED_PAGE_BYTES);
	uint32_t index;
	uint64_t place =
		atomic_load_explicit(&places[position % slab->n_blocks], memory_order_acquire);
	if (!lt_slab_read_place(place, position, slab->n_blocks, &index))
		return false;
	const struct lt_span *span =
		(const struct lt_span *)(memory + lt_slab_blocks_at(slab->n_blocks) +
					 (size_t)index * LT_SPAN_BLOCK_BYTES);
	ck_assert_uint_eq(atomic_load(&span->stage), LT_SLAB_ENDED);
	size_t n = atomic_load(&n_read);
	ck_assert_uint_lt(n, N_ALL);
	memcpy(&ids[n], span->data.context.span_id, sizeof(ids[n]));
	atomic_store(&n_read, n + 1);
	return true;
}

static void *be_a_relay(void *unused)
{
	take_hello();
	atomic_store(&control->is_read, 1);
	for (uint64_t done = 0; !atomic_load(&must_die);) {
		uint64_t wanted = atomic_load(&slab->flush_wanted);
		uint64_t tail = atomic_load_explicit(&slab->tail, memory_order_acquire);
		while (done < tail && read_one(done))
			atomic_store_explicit(&control->done, ++done, memory_order_release);
		if (done == tail)
			atomic_store(&control->flush_done, wanted);
		atomic_store(&control->beat_ns, lt_clock_monotonic_ns());
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	atomic_store(&control->owner, 0x40000000); /* FUTEX_OWNER_DIED */
	return NULL;
}

/* --- the program -------------------------------------------------------------------------- */

static void open_door(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(address);
	char value[160];
	door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(door, (struct sockaddr *)&address, sizeof(address.sun_family)), 0);
	ck_assert_int_eq(listen(door, 1), 0);
	ck_assert_int_eq(getsockname(door, (struct sockaddr *)&address, &len), 0);
	int n_name = (int)(len - offsetof(struct sockaddr_un, sun_path) - 1);
	snprintf(value, sizeof(value), "%.*s," TOKEN ",%" PRIx64, n_name, address.sun_path + 1,
		lt_relay_settings());
	setenv(LT_RELAY_VARIABLE, value, 1);
}

static void set_up(void)
{
	struct lt_provider_options options = {.processor = NULL};
	struct lt_processor *thread;
	struct lt_batch_options batch = {.max_queue_size = 2 * N_ALL, .schedule_delay_ms = 10};
	open_door();
	ck_assert_int_eq(lt_exporter_memory_new(&exporter), 0);
	ck_assert_int_eq(lt_processor_batch_new(exporter, &batch, &thread), 0);
	ck_assert_int_eq(lt_processor_relay_new(thread, &options.processor), 0);
	pthread_create(&relay_thread, NULL, be_a_relay, NULL);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void kill_relay(void)
{
	atomic_store(&must_die, true);
	pthread_join(relay_thread, NULL);
}

static struct lt_attr fixed_key(const char *key, int64_t value)
{
	struct lt_attr attr = lt_int(key, value);
	attr.fixed_key = 1;
	return attr;
}

static void *make_spans(void *unused)
{
	for (int i = 0; i < N_SPANS; i++) {
		struct lt_span *span = lt_span_start(tracer, "handed over", NULL);
		lt_span_set(span, LT_ATTRS(lt_int("i", i), fixed_key("shared", i)));
		lt_span_end(span);
	}
	return NULL;
}

static void make_on_all_threads(void (*meanwhile)(void))
{
	pthread_t threads[N_THREADS];
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, make_spans, NULL);
	if (meanwhile)
		meanwhile();
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void assert_each_once(void)
{
	size_t n = atomic_load(&n_read);
	qsort(ids, n, sizeof(ids[0]), by_value);
	for (size_t i = 1; i < n; i++)
		ck_assert_uint_ne(ids[i - 1], ids[i]);
}

START_TEST(threads_hand_each_span_over_once_and_blocks_come_back)
{
	make_on_all_threads(NULL);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(atomic_load(&n_read), N_ALL);
	assert_each_once();
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
	kill_relay();
	lt_provider_free(provider);
}
END_TEST

START_TEST(what_a_relay_has_not_done_at_its_death_leaves_by_the_thread)
{
	make_on_all_threads(kill_relay);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(atomic_load(&n_read) + lt_exporter_memory_count(exporter), N_ALL);
	assert_each_once();
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_key_of_code_lies_in_the_slab_once_for_all_spans)
{
	static char too_long[LT_SHARED_KEY_MAX_BYTES + 2];
	memset(too_long, 'k', sizeof(too_long) - 1);
	const struct lt_attr *first = NULL;
	for (int i = 0; i < 2; i++) {
		struct lt_span *span = lt_span_start(tracer, "keys", NULL);
		lt_span_set(span, LT_ATTRS(fixed_key("of code", 1), lt_int("copied", 2),
					  fixed_key(too_long, 3)));
		const struct lt_attr *items = lt_span_block(span)->data.attrs.items;
		ck_assert_uint_eq(lt_span_block(span)->data.attrs.n, 3);
		ck_assert_slice_eq(items[0].key, "of code");
		ck_assert_slice_eq(items[2].key, too_long);
		for (int k = 0; k < 3; k++)
			ck_assert(lt_shared_contains(items[k].key.ptr));
		ck_assert(items[0].fixed_key && !items[1].fixed_key && !items[2].fixed_key);
		if (first) {
			ck_assert_ptr_eq(items[0].key.ptr, first[0].key.ptr);
			ck_assert_ptr_ne(items[1].key.ptr, first[1].key.ptr);
		}
		first = items;
	}
	kill_relay();
	lt_provider_free(provider);
}
END_TEST

/* More of them than have places: the others are copied for each span. */
START_TEST(keys_without_a_place_are_copied)
{
	static char keys[4 * LT_SHARED_KEYS][8];
	for (int i = 0; i < 4 * LT_SHARED_KEYS; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key%d", i);
		struct lt_span *span = lt_span_start(tracer, "keys", NULL);
		lt_span_set(span, LT_ATTRS(fixed_key(keys[i], 1)));
		const struct lt_attr *attr = lt_span_block(span)->data.attrs.items;
		ck_assert(lt_shared_contains(attr->key.ptr));
		ck_assert_slice_eq(attr->key, keys[i]);
		lt_span_end(span);
	}
	kill_relay();
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("relay");
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, threads_hand_each_span_over_once_and_blocks_come_back);
	tcase_add_test(tests, what_a_relay_has_not_done_at_its_death_leaves_by_the_thread);
	tcase_add_test(tests, a_key_of_code_lies_in_the_slab_once_for_all_spans);
	tcase_add_test(tests, keys_without_a_place_are_copied);
	return run_tests(tests, "processor_relay");
}
