/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_curl/curl_handle.h"
#include <stdlib.h>
#include <string.h>

static const struct hook_kind easy_handles = {sizeof(struct curl_handle)};

struct curl_handle *curl_handle_find(CURL *easy)
{
	return (struct curl_handle *)hook_map_find(&easy_handles, easy);
}

struct curl_handle *curl_handle_get(CURL *easy)
{
	struct curl_handle *handle = (struct curl_handle *)hook_map_get(&easy_handles, easy);

	if (handle)
		handle->easy = easy;
	return handle;
}

void curl_handle_remove(struct curl_handle *handle)
{
	hook_map_remove(&easy_handles, handle->easy);
}

void curl_handle_free(struct curl_handle *handle)
{
	if (!handle)
		return;
	url_done(&handle->url);
	curl_injection_done(&handle->injection);
	free(handle);
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t len = from ? strnlen(from, size - 1) : 0;

	memcpy(to, from ? from : "", len);
	to[len] = '\0';
}

/* A request with a body or a plain GET: both reset CURLOPT_NOBODY. */
static void note_request(struct curl_settings *settings, enum curl_request request)
{
	settings->request = request;
	settings->no_body = false;
}

/* The path and the name reset each other. */
static void note_socket(struct curl_settings *settings, const char *mark, const char *name)
{
	char *to = settings->unix_socket;
	size_t mark_len = name ? strlen(mark) : 0;

	memcpy(to, mark, mark_len);
	copy_text(to + mark_len, CURL_SOCKET_BYTES - mark_len, name);
}

bool curl_handle_notes(CURLoption option)
{
	switch (option) {
	case CURLOPT_URL:
	case CURLOPT_CURLU:
	case CURLOPT_PORT:
	case CURLOPT_DEFAULT_PROTOCOL:
	case CURLOPT_CONNECT_ONLY:
	case CURLOPT_UNIX_SOCKET_PATH:
	case CURLOPT_ABSTRACT_UNIX_SOCKET:
	case CURLOPT_HTTPAUTH:
	case CURLOPT_AWS_SIGV4:
	case CURLOPT_HTTPHEADER:
	case CURLOPT_CUSTOMREQUEST:
	case CURLOPT_NOBODY:
	case CURLOPT_FOLLOWLOCATION:
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

/* The effect of each option on the method and on the others follows libcurl's lib/setopt.c. */
void curl_handle_note(struct curl_handle *handle, CURLoption option, void *argument)
{
	struct curl_settings *settings = &handle->settings;
	bool on = (long)(intptr_t)argument != 0;

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
	case CURLOPT_CONNECT_ONLY:
		/* 2: a WebSocket's upgrade, which is a request */
		settings->connects_only = (long)(intptr_t)argument == 1;
		break;
	case CURLOPT_UNIX_SOCKET_PATH:
		note_socket(settings, "", argument);
		break;
	case CURLOPT_ABSTRACT_UNIX_SOCKET:
		note_socket(settings, "@", argument);
		break;
	case CURLOPT_HTTPAUTH:
		/* One of several is selected by the server's offer; SigV4 never is. */
		settings->signs =
			((unsigned long)(uintptr_t)argument & ~CURLAUTH_ONLY) == CURLAUTH_AWS_SIGV4;
		break;
	case CURLOPT_AWS_SIGV4:
		if (argument)
			settings->signs = true;
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
	case CURLOPT_FOLLOWLOCATION:
		settings->follows = on;
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

struct lt_slice curl_handle_method(const struct curl_handle *handle)
{
	static const struct lt_slice names[] = {{"GET", 3}, {"HEAD", 4}, {"POST", 4}, {"PUT", 3}};

	if (handle->settings.custom_request[0])
		return lt_slice(handle->settings.custom_request);
	return names[handle->settings.no_body ? CURL_REQUEST_HEAD : handle->settings.request];
}
