/* SPDX-License-Identifier: Apache-2.0 */
/* curl_handle.h - what the agent knows of one easy handle.
 *
 * libcurl cannot be asked which method or headers a handle is set up with, so the wrapper of
 * curl_easy_setopt notes it.  A handle is used by one thread at a time (libcurl's own rule), so
 * only a look-up takes a lock, and that only where the thread has not had the handle lately.
 */
#ifndef LT_AGENT_CURL_HANDLE_H
#define LT_AGENT_CURL_HANDLE_H

#include "curl_inject.h"
#include "curl_url.h"

#define CURL_METHOD_BYTES 32 /* a longer CURLOPT_CUSTOMREQUEST is cut off, and no known method */
#define CURL_SCHEME_BYTES 16 /* likewise CURLOPT_DEFAULT_PROTOCOL */

enum curl_request { CURL_REQUEST_GET, CURL_REQUEST_HEAD, CURL_REQUEST_POST, CURL_REQUEST_PUT };

struct curl_settings { /* zero: as after curl_easy_init() */
	enum curl_request request;
	bool no_body;
	char custom_request[CURL_METHOD_BYTES]; /* "": none */
	char default_scheme[CURL_SCHEME_BYTES]; /* "": none */
	uint16_t port;				/* CURLOPT_PORT; 0: the URL's */
	CURLU *url_handle;			/* borrowed from the program; NULL: none */
	struct curl_slist *headers;		/* borrowed from the program */
};

struct curl_handle {
	CURL *easy;
	struct curl_handle *next; /* in its bucket; its lock held */
	struct curl_settings settings;
	struct url url;		  /* CURLOPT_URL, or what url_handle held at the start */
	struct curl_url url_read; /* where url is from; zero: CURLOPT_URL */

	/* The transfer under way: */
	bool is_running;
	bool is_injected;	/* libcurl has our list, whose end is the program's */
	struct lt_span *span;	/* CLIENT */
	struct lt_span *parent; /* held; current when the transfer began */
	struct curl_injection injection;
};

/** The state of a handle, or NULL. */
struct curl_handle *curl_handle_find(CURL *easy);

/** The state of a handle, made when there is none; NULL without memory. */
struct curl_handle *curl_handle_get(CURL *easy);

/** Takes it out of the map; freed by curl_handle_free once libcurl has let go of its headers. */
struct curl_handle *curl_handle_remove(CURL *easy);
void curl_handle_free(struct curl_handle *handle);

/**
 * Notes an option that libcurl has accepted.
 * @param argument  as it was given to curl_easy_setopt, whatever its type
 */
void curl_handle_note(struct curl_handle *handle, CURLoption option, void *argument);

/** Whether curl_handle_note() has a use for the option. */
bool curl_handle_notes(CURLoption option);

/** Forgets the settings, as curl_easy_reset() does. */
void curl_handle_reset(struct curl_handle *handle);

/** Makes copy's settings those of handle, as curl_easy_duphandle() does. */
void curl_handle_copy(struct curl_handle *copy, const struct curl_handle *handle);

/** The method of the next request. */
const char *curl_handle_method(const struct curl_handle *handle);

/** Locks and unlocks the whole map round a fork. */
void curl_handles_lock(void);
void curl_handles_unlock(void);

#endif
