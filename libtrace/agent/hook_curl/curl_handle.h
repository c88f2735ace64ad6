/* SPDX-License-Identifier: Apache-2.0 */
/* curl_handle.h - the agent's state of one easy handle.
 *
 * libcurl has no getter for a handle's method or headers, so the wrapper of curl_easy_setopt
 * records them. */
#ifndef LT_AGENT_CURL_HANDLE_H
#define LT_AGENT_CURL_HANDLE_H

#include "hook/hook_map.h"
#include "hook_curl/curl_inject.h"
#include "hook_curl/curl_url.h"

#define CURL_METHOD_BYTES 32 /* a longer CURLOPT_CUSTOMREQUEST is cut, and not a known method */
#define CURL_SCHEME_BYTES 16 /* likewise CURLOPT_DEFAULT_PROTOCOL */

#define CURL_SOCKET_BYTES 110 /* "@", 108 as in struct sockaddr_un, NUL; libcurl takes no more */

enum curl_request { CURL_REQUEST_GET, CURL_REQUEST_HEAD, CURL_REQUEST_POST, CURL_REQUEST_PUT };

struct curl_settings { /* zero: as after curl_easy_init() */
	enum curl_request request;
	bool no_body;
	bool follows;				/* redirects */
	char custom_request[CURL_METHOD_BYTES]; /* "": none */
	char default_scheme[CURL_SCHEME_BYTES]; /* "": none */
	uint16_t port;				/* CURLOPT_PORT; 0: the URL's */
	bool connects_only;			/* makes no request */
	bool signs;				/* including its headers: none may be added */
	char unix_socket[CURL_SOCKET_BYTES];	/* path, or "@" and an abstract name; "": none */
	CURLU *url_handle;			/* borrowed from the program; NULL: none */
	struct curl_slist *headers;		/* borrowed from the program */
};

struct curl_link { /* of a ring */
	struct curl_link *previous, *next;
};

struct curl_handle {
	struct hook_entry entry;
	CURL *easy;
	struct curl_settings settings;
	struct url url;		  /* CURLOPT_URL, or what url_handle held at the start */
	struct curl_url url_read; /* where url is from; zero: CURLOPT_URL */

	/* The transfer under way: */
	bool is_running;
	bool is_injected;	/* libcurl has our list, which ends in the program's */
	struct lt_span *span;	/* CLIENT */
	struct lt_span *parent; /* held; current when the transfer began */
	uint64_t driven_ns;	/* when libcurl started it; 0: not observed */
	struct curl_injection injection;
	bool is_finished; /* finished in libcurl, but not yet read by the program */
	CURLcode result;  /* then: how */

	/* In a multi handle, see curl_stack.h: */
	struct curl_stack *stack; /* NULL: in none */
	struct curl_link member;  /* of its stack's ring */
	bool is_undriven;	  /* not yet started by libcurl */
	struct curl_link unread;  /* likewise, while there is a message */
	CURLMsg *message;	  /* borrowed from libcurl; NULL: not in unread */
};

/** The state of a handle, or NULL. */
struct curl_handle *curl_handle_find(CURL *easy);

/** The state of a handle, created if there is none; NULL when out of memory. */
struct curl_handle *curl_handle_get(CURL *easy);

/** Removes it from the map; to be freed by curl_handle_free() once libcurl no longer uses its
 * headers. */
void curl_handle_remove(struct curl_handle *handle);
void curl_handle_free(struct curl_handle *handle);

/**
 * Records an option that libcurl has accepted.
 * @param argument  as it was given to curl_easy_setopt, whatever its type
 */
void curl_handle_note(struct curl_handle *handle, CURLoption option, void *argument);

/** Whether curl_handle_note() records the option. */
bool curl_handle_notes(CURLoption option);

/** Forgets the settings, as curl_easy_reset() does. */
void curl_handle_reset(struct curl_handle *handle);

/** Copies handle's settings to copy, as curl_easy_duphandle() does. */
void curl_handle_copy(struct curl_handle *copy, const struct curl_handle *handle);

/** The method of the next request. */
struct lt_slice curl_handle_method(const struct curl_handle *handle);

#endif
