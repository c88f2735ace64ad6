/* SPDX-License-Identifier: Apache-2.0 */
/* check_exit.c - an exit while the exporter's thread loads libcurl leaves OpenSSL to that thread.
 *
 * A test ends with exit(), in the process of its own that the check library gives it: 0 when
 * OpenSSL could be used until the exporter was done.  With a libcurl that does not use OpenSSL
 * there is nothing to go wrong, and the tests pass.
 */
#include "check_main.h"
#include "export/exporter_curl.h"
#include "reports.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <unistd.h>

#define TORN_DOWN 3
#define LONG_MS 3600000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_loading;	      /* libcurl is about to set OpenSSL up, or has been loaded */
static bool is_shutting_down; /* exit has come to libtrace's handler */

static struct lt_provider *provider; /* the process ends with it */
static struct lt_tracer *tracer;

static void tell(bool *what)
{
	pthread_mutex_lock(&lock);
	*what = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void wait_for(const bool *what)
{
	pthread_mutex_lock(&lock);
	while (!*what)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* What curl_global_init calls: a program's function comes before the library's.  It lets the exit
 * happen in the middle, and then asks OpenSSL, which answers 0 after its clean-up. */
__attribute__((visibility("default"))) int OPENSSL_init_ssl(
	uint64_t options, const OPENSSL_INIT_SETTINGS *settings)
{
	if (!OPENSSL_init_crypto(options, settings))
		_exit(TORN_DOWN);
	tell(&is_loading);
	wait_for(&is_shutting_down);
	if (!OPENSSL_init_crypto(0, NULL))
		_exit(TORN_DOWN);
	return 1;
}

static int load(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	lt_curl_library();
	tell(&is_loading);
	return 0;
}

static void hurry(struct lt_exporter *self, unsigned timeout_ms)
{
	tell(&is_shutting_down);
}

static void free_nothing(struct lt_exporter *self)
{
}

static void set_up(unsigned schedule_delay_ms)
{
	static const struct lt_exporter_impl impl = {
		.export_spans = load, .hurry = hurry, .free = free_nothing};
	static struct lt_exporter exporter = {&impl};
	struct lt_provider_options options = {0};
	keep_reports(); /* a loss is right when OpenSSL has gone */
	ck_assert_int_eq(lt_processor_batch_new(&exporter,
				 &(struct lt_batch_options){.schedule_delay_ms = schedule_delay_ms},
				 &options.processor),
		0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	tracer = lt_tracer_get(provider, "check", NULL);
	lt_provider_shutdown_at_exit(provider, 1000);
}

static void make_span(void)
{
	lt_span_end(lt_span_start(tracer, "s", NULL));
}

/* The program's own first use of OpenSSL; with no option at all it would do nothing yet. */
static void use_openssl(void)
{
	ck_assert_int_eq(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL), 1);
}

START_TEST(an_exit_while_libcurl_is_loaded_waits_for_it)
{
	set_up(1);
	make_span();
	wait_for(&is_loading);
	exit(0);
}
END_TEST

START_TEST(also_when_the_program_has_used_openssl_after_its_first_span)
{
	set_up(LONG_MS);
	make_span(); /* the worker starts: the last time that libtrace's handler became the first */
	use_openssl();
	lt_provider_flush(provider, 1); /* begins the load, and gives up waiting for it */
	wait_for(&is_loading);
	exit(0);
}
END_TEST

START_TEST(libcurl_is_not_loaded_after_openssl_s_clean_up)
{
	set_up(LONG_MS);
	make_span();
	use_openssl(); /* its clean-up comes before libtrace's handler */
	exit(0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("exit");
	tcase_set_timeout(tests, 20);
	tcase_add_exit_test(tests, an_exit_while_libcurl_is_loaded_waits_for_it, 0);
	tcase_add_exit_test(tests, also_when_the_program_has_used_openssl_after_its_first_span, 0);
	tcase_add_exit_test(tests, libcurl_is_not_loaded_after_openssl_s_clean_up, 0);
	return run_tests(tests, "exit");
}
