/* SPDX-License-Identifier: Apache-2.0 */
/* Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span */
#include "hook_curl/curl_transfer.h"
#include "hook/agent.h"
#include "http/attribute.h"
#include "http/http.h"
#include <libtrace/semconv.h>

#define ERROR_FROM 400 /* on a client's span 4xx is an error too */

/* A CURLU may change until the transfer starts. */
static bool read_url(struct hook_library *library, struct curl_handle *handle)
{
	if (handle->settings.url_handle)
		curl_url_read(
			&handle->url_read, library, handle->settings.url_handle, &handle->url);
	return url_parse(&handle->url, handle->settings.default_scheme);
}

static struct lt_span *start_span(const struct curl_handle *handle)
{
	const struct http_method method = http_method(curl_handle_method(handle));
	const struct url *url = &handle->url;
	int port = handle->settings.port ? handle->settings.port : url->port;
	const struct lt_attr attrs[] = {
		attr_strn(LT_HTTP_REQUEST_METHOD, method.name),
		attr_strn(LT_HTTP_REQUEST_METHOD_ORIGINAL, method.original),
		attr_strn(LT_SERVER_ADDRESS, url->host),
		attr_int(LT_SERVER_PORT, port),
		attr_strn(LT_URL_FULL, url->full),
	};

	return lt_span_start_named(curl_family.tracer, method.span_name,
		&(struct lt_span_options){
			.kind = LT_KIND_CLIENT,
			.parent = !handle->parent && agent.has_environment_parent
					  ? &agent.environment_parent
					  : NULL,
			.attrs = attrs,
			.n_attrs = sizeof(attrs) / sizeof(attrs[0]),
		});
}

void curl_transfer_start(struct hook_library *library, struct curl_handle *handle)
{
	handle->is_running = true;
	handle->is_finished = false;
	handle->driven_ns = 0;
	handle->parent = lt_span_hold(lt_span_current());
	if (handle->settings.connects_only || !read_url(library, handle))
		return;
	handle->span = start_span(handle);
	if (handle->settings.signs)
		return;

	const struct lt_span_context context = lt_span_get_context(handle->span);
	const struct lt_baggage *baggage =
		handle->parent ? lt_span_baggage(handle->span) : agent.environment_baggage;
	if (curl_injection_write(&handle->injection, &context, baggage))
		return;
	struct curl_slist *first =
		curl_injection_link(&handle->injection, handle->settings.headers);
	handle->is_injected = first != handle->settings.headers;
	if (handle->is_injected)
		CURL_REAL(library, curl_easy_setopt)(handle->easy, CURLOPT_HTTPHEADER, first);
}

static long info_long(struct hook_library *library, struct curl_handle *handle, CURLINFO info)
{
	long value = 0;

	CURL_REAL(library, curl_easy_getinfo)(handle->easy, info, &value);
	return value;
}

static const char *info_text(
	struct hook_library *library, struct curl_handle *handle, CURLINFO info)
{
	char *value = NULL;

	CURL_REAL(library, curl_easy_getinfo)(handle->easy, info, &value);
	return value && *value ? value : NULL;
}

static struct lt_slice version_of(long version)
{
	switch (version) {
	case CURL_HTTP_VERSION_1_0:
		return http_version(0x100);
	case CURL_HTTP_VERSION_1_1:
		return http_version(0x101);
	case CURL_HTTP_VERSION_2_0:
		return http_version(0x200);
	case CURL_HTTP_VERSION_3:
		return http_version(0x300);
	default:
		return (struct lt_slice){0}; /* no response */
	}
}

/* Whether a recorded method is all of what was sent, or as much as is recorded of it. */
static bool is_cut_of(struct lt_slice recorded, const char *sent)
{
	size_t i = 0;

	while (i < recorded.len && recorded.ptr[i] == sent[i])
		i++;
	return i == recorded.len && (i == CURL_METHOD_BYTES - 1 || !sent[i]);
}

/* CURLINFO_EFFECTIVE_METHOD (libcurl 7.72) is more reliable than the recorded options; after a
 * redirect, however, it is the last request's, and the span describes the first. */
static void correct_method(struct hook_library *library, struct curl_handle *handle)
{
	const char *sent = info_text(library, handle, CURLINFO_EFFECTIVE_METHOD);

	if (!sent || is_cut_of(curl_handle_method(handle), sent))
		return;
	const struct http_method method = http_method(lt_slice(sent));
	lt_span_set(
		handle->span, LT_ATTRS(attr_strn(LT_HTTP_REQUEST_METHOD, method.name),
				      attr_strn(LT_HTTP_REQUEST_METHOD_ORIGINAL, method.original)));
	lt_span_set_name(handle->span, method.span_name.ptr);
}

struct peer {
	const char *address;   /* NULL: there was no connection */
	long port;	       /* 0: none */
	const char *transport; /* NULL: the usual one of HTTP */
};

static struct peer read_peer(struct hook_library *library, struct curl_handle *handle)
{
	const char *address = info_text(library, handle, CURLINFO_PRIMARY_IP);

	if (!handle->settings.unix_socket[0])
		return (struct peer){.address = address,
			.port = address ? info_long(library, handle, CURLINFO_PRIMARY_PORT) : 0};
	/* libcurl has the path cut off, no abstract name, and the URL's port. */
	curl_off_t connected_us = 0;
	CURL_REAL(library, curl_easy_getinfo)(handle->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	if (!address && connected_us <= 0)
		return (struct peer){0};
	return (struct peer){.address = handle->settings.unix_socket, .transport = "unix"};
}

/* Returns the response's status code, 0 without one. */
static int describe(struct hook_library *library, struct curl_handle *handle)
{
	int status = http_status(info_long(library, handle, CURLINFO_RESPONSE_CODE));
	const struct peer peer = read_peer(library, handle);
	long redirects =
		handle->settings.follows ? info_long(library, handle, CURLINFO_REDIRECT_COUNT) : 0;
	long version = info_long(library, handle, CURLINFO_HTTP_VERSION);
	char code[4];

	if (redirects == 0)
		correct_method(library, handle);
	lt_span_set(handle->span,
		LT_ATTRS(attr_str(LT_NETWORK_PEER_ADDRESS, peer.address),
			attr_int(LT_NETWORK_PEER_PORT, peer.port),
			attr_str(LT_NETWORK_TRANSPORT, peer.transport),
			attr_strn(LT_NETWORK_PROTOCOL_VERSION, version_of(version)),
			attr_int(LT_HTTP_REQUEST_RESEND_COUNT, redirects),
			attr_int(LT_HTTP_RESPONSE_STATUS_CODE, status),
			attr_str(LT_ERROR_TYPE, http_error_type(status, ERROR_FROM, code))));
	if (status >= ERROR_FROM)
		lt_span_status(handle->span, LT_STATUS_ERROR, NULL);
	return status;
}

/* When libcurl finished a transfer; 0: now.  In a multi handle that was some time ago: the program
 * may read it at any time. libcurl's total time counts from the start to the end. */
static uint64_t finished_ns(struct hook_library *library, struct curl_handle *handle)
{
	curl_off_t total_us = 0;

	if (!handle->driven_ns)
		return 0;
	CURL_REAL(library, curl_easy_getinfo)(handle->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	return total_us > 0 ? handle->driven_ns + (uint64_t)total_us * 1000 : 0;
}

/* end_ns: 0 for now. */
static void end(struct hook_library *library, struct curl_handle *handle, uint64_t end_ns)
{
	__typeof__(curl_easy_setopt) *set = CURL_REAL(library, curl_easy_setopt);
	if (handle->is_injected)
		set(handle->easy, CURLOPT_HTTPHEADER, handle->settings.headers);
	lt_span_end_at(handle->span, end_ns);
	lt_span_release(handle->parent);
	handle->span = handle->parent = NULL;
	handle->is_running = handle->is_injected = false;
}

void curl_transfer_finish(struct hook_library *library, struct curl_handle *handle, CURLcode result)
{
	if (handle->span && lt_span_is_recording(handle->span)) {
		int status = describe(library, handle);
		/* An abort by a progress callback is the program's own decision, not a failure. */
		if (result != CURLE_OK && result != CURLE_ABORTED_BY_CALLBACK &&
			status < ERROR_FROM) {
			lt_span_set(handle->span,
				LT_ATTRS(attr_str(LT_ERROR_TYPE, curl_code_name(result))));
			lt_span_status(handle->span, LT_STATUS_ERROR, NULL);
		}
	}
	end(library, handle, finished_ns(library, handle));
}

void curl_transfer_abandon(struct hook_library *library, struct curl_handle *handle)
{
	if (handle->span && lt_span_is_recording(handle->span))
		describe(library, handle);
	end(library, handle, 0);
}
