/* SPDX-License-Identifier: Apache-2.0 */
/* curl_handle.c - see curl_handle.h. */
#include "curl_handle.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define N_SHARDS 16 /* so that threads seldom meet; a power of two */
#define MIN_BUCKETS 16

/* A hash map in parts.  Its locks are leaves: nothing but memory is asked for under them. */
struct shard {
	pthread_mutex_t lock;
	struct curl_handle **buckets;
	size_t n_buckets; /* a power of two, or 0 */
	size_t n_handles;
};

static struct shard shards[N_SHARDS] = {[0 ... N_SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* What this thread has found lately: most look-ups need no lock.  A handle that goes makes all of
 * these out of date, since its address may soon be another one's. */
#define RECENT_FINDS 64 /* a power of two; one event loop's calls at once, as a rule */

struct find {
	const CURL *easy;
	struct curl_handle *handle;
	uint64_t n_removed; /* as it was then */
};

static __thread struct find recent[RECENT_FINDS];
static _Atomic uint64_t n_removed; /* handles, ever; raised with their shard's lock held */

static uint64_t hash(const CURL *easy)
{
	/* Fibonacci hashing: the upper bits depend on all of the address. */
	return (uint64_t)(uintptr_t)easy * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

static struct shard *lock_shard(const CURL *easy)
{
	struct shard *shard = &shards[hash(easy) % N_SHARDS];

	pthread_mutex_lock(&shard->lock);
	return shard;
}

/* The link that points at the handle, or at the NULL in its place.  Lock held, buckets not NULL. */
static struct curl_handle **find_link(struct shard *shard, const CURL *easy)
{
	struct curl_handle **link = &shard->buckets[hash(easy) / N_SHARDS % shard->n_buckets];

	while (*link && (*link)->easy != easy)
		link = &(*link)->next;
	return link;
}

/* One handle a bucket on average.  Lock held. */
static bool make_room(struct shard *shard)
{
	if (shard->n_handles < shard->n_buckets)
		return true;

	struct shard grown = {.n_buckets = shard->n_buckets ? shard->n_buckets * 2 : MIN_BUCKETS};
	grown.buckets = calloc(grown.n_buckets, sizeof(struct curl_handle *));
	if (!grown.buckets)
		return shard->n_buckets > 0;
	for (size_t i = 0; i < shard->n_buckets; i++) {
		for (struct curl_handle *handle = shard->buckets[i], *next; handle; handle = next) {
			next = handle->next;
			handle->next = NULL;
			*find_link(&grown, handle->easy) = handle;
		}
	}
	free(shard->buckets);
	shard->buckets = grown.buckets;
	shard->n_buckets = grown.n_buckets;
	return true;
}

static struct curl_handle *find(CURL *easy, bool may_add)
{
	struct find *last = &recent[hash(easy) / N_SHARDS % RECENT_FINDS];

	if (last->easy == easy &&
		last->n_removed == atomic_load_explicit(&n_removed, memory_order_acquire))
		return last->handle;

	struct shard *shard = lock_shard(easy);
	const uint64_t now = atomic_load_explicit(&n_removed, memory_order_relaxed);
	struct curl_handle *handle = shard->n_buckets ? *find_link(shard, easy) : NULL;
	if (!handle && may_add && make_room(shard) && (handle = calloc(1, sizeof(*handle)))) {
		handle->easy = easy;
		*find_link(shard, easy) = handle;
		shard->n_handles++;
	}
	pthread_mutex_unlock(&shard->lock);
	if (handle)
		*last = (struct find){easy, handle, now};
	return handle;
}

struct curl_handle *curl_handle_find(CURL *easy)
{
	return find(easy, false);
}

struct curl_handle *curl_handle_get(CURL *easy)
{
	return find(easy, true);
}

struct curl_handle *curl_handle_remove(CURL *easy)
{
	struct shard *shard = lock_shard(easy);
	struct curl_handle **link = shard->n_buckets ? find_link(shard, easy) : NULL;
	struct curl_handle *handle = link ? *link : NULL;

	if (handle) {
		*link = handle->next;
		shard->n_handles--;
		atomic_fetch_add_explicit(&n_removed, 1, memory_order_release);
	}
	pthread_mutex_unlock(&shard->lock);
	return handle;
}

void curl_handle_free(struct curl_handle *handle)
{
	if (!handle)
		return;
	url_done(&handle->url);
	curl_injection_done(&handle->injection);
	free(handle);
}

void curl_handles_lock(void)
{
	for (size_t i = 0; i < N_SHARDS; i++)
		pthread_mutex_lock(&shards[i].lock);
}

void curl_handles_unlock(void)
{
	for (size_t i = 0; i < N_SHARDS; i++)
		pthread_mutex_unlock(&shards[i].lock);
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t len = from ? strnlen(from, size - 1) : 0;

	memcpy(to, from ? from : "", len);
	to[len] = '\0';
}

/* A request with a body, or a plain GET: each of them undoes CURLOPT_NOBODY. */
static void note_request(struct curl_settings *settings, enum curl_request request)
{
	settings->request = request;
	settings->no_body = false;
}

bool curl_handle_notes(CURLoption option)
{
	switch (option) {
	case CURLOPT_URL:
	case CURLOPT_CURLU:
	case CURLOPT_PORT:
	case CURLOPT_DEFAULT_PROTOCOL:
	case CURLOPT_HTTPHEADER:
	case CURLOPT_CUSTOMREQUEST:
	case CURLOPT_NOBODY:
	case CURLOPT_HTTPGET:
	case CURLOPT_POST:
	case CURLOPT_POSTFIELDS:
	case CURLOPT_COPYPOSTFIELDS:
	case CURLOPT_HTTPPOST:
	case CURLOPT_MIMEPOST:
	case CURLOPT_UPLOAD:
	case CURLOPT_PUT:
		return true;
	default:
		return false;
	}
}

/* What each option does to the method and to the others is libcurl's lib/setopt.c. */
void curl_handle_note(struct curl_handle *handle, CURLoption option, void *argument)
{
	struct curl_settings *settings = &handle->settings;
	const bool on = (long)(intptr_t)argument != 0;

	switch (option) {
	case CURLOPT_URL:
		url_set(&handle->url, argument);
		handle->url_read = (struct curl_url){0};
		break;
	case CURLOPT_CURLU:
		settings->url_handle = argument;
		break;
	case CURLOPT_PORT:
		settings->port = (uint16_t)(uintptr_t)argument;
		break;
	case CURLOPT_DEFAULT_PROTOCOL:
		copy_text(settings->default_scheme, sizeof(settings->default_scheme), argument);
		handle->url.parsed = false;
		break;
	case CURLOPT_HTTPHEADER:
		settings->headers = argument;
		break;
	case CURLOPT_CUSTOMREQUEST:
		copy_text(settings->custom_request, sizeof(settings->custom_request), argument);
		break;
	case CURLOPT_NOBODY:
		settings->no_body = on;
		if (on)
			settings->request = CURL_REQUEST_HEAD;
		else if (settings->request == CURL_REQUEST_HEAD)
			settings->request = CURL_REQUEST_GET;
		break;
	case CURLOPT_HTTPGET:
		if (on)
			note_request(settings, CURL_REQUEST_GET);
		break;
	case CURLOPT_POST:
		if (on)
			note_request(settings, CURL_REQUEST_POST);
		else
			settings->request = CURL_REQUEST_GET;
		break;
	case CURLOPT_POSTFIELDS:
	case CURLOPT_COPYPOSTFIELDS:
		settings->request = CURL_REQUEST_POST;
		break;
	case CURLOPT_HTTPPOST:
	case CURLOPT_MIMEPOST:
		note_request(settings, CURL_REQUEST_POST);
		break;
	case CURLOPT_UPLOAD:
	case CURLOPT_PUT:
		if (on)
			note_request(settings, CURL_REQUEST_PUT);
		else
			settings->request = CURL_REQUEST_GET;
		break;
	default:
		break;
	}
}

void curl_handle_reset(struct curl_handle *handle)
{
	handle->settings = (struct curl_settings){0};
	handle->url_read = (struct curl_url){0};
	url_set(&handle->url, NULL);
}

void curl_handle_copy(struct curl_handle *copy, const struct curl_handle *handle)
{
	copy->settings = handle->settings;
	copy->url_read = handle->url_read;
	url_set(&copy->url, handle->url.text);
}

const char *curl_handle_method(const struct curl_handle *handle)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT"};

	if (handle->settings.custom_request[0])
		return handle->settings.custom_request;
	return handle->settings.no_body ? "HEAD" : names[handle->settings.request];
}
