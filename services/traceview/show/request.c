/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - sends a request to a traced service. */
#include "show/request.h"

#include "show/attempt.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#define CONNECT_TIMEOUT_MS 5000L
#define ANSWER_TIMEOUT_MS 30000L

static size_t ignore(char *data, size_t size, size_t n, void *user)
{
	return size * n;
}

/* One line of the answer's head, which ends without a NUL. */
static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	static const char name[] = "traceresponse:";
	char text[256];
	size_t len = size * n;
	if (len < sizeof(text) && len > strlen(name) &&
		strncasecmp(line, name, strlen(name)) == 0) {
		memcpy(text, line, len);
		text[len] = '\0';
		target_parse(user, text); /* leaves it untouched without a trace */
	}
	return len;
}

static void set_up(CURL *curl, const char *url, struct target *target, char error[CURL_ERROR_SIZE])
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, target);
}

/* @return whether to leave it at this */
static bool send_once(CURL *curl, const char *error, const struct target *target, int *ret_err,
	char why[FETCH_WHY_BYTES])
{
	long status = 0;
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_err = -EIO;
	if (code != CURLE_OK)
		snprintf(why, FETCH_WHY_BYTES, "the request: %s",
			*error ? error : curl_easy_strerror(code));
	else if (status >= 400)
		snprintf(why, FETCH_WHY_BYTES, "the request: HTTP status %ld%s%s", status,
			*target->trace_id ? ", trace " : "", target->trace_id);
	else if (!*target->trace_id)
		snprintf(why, FETCH_WHY_BYTES,
			"the answer to the request has no header traceresponse");
	else
		*ret_err = 0;
	return code == CURLE_OK && status < 500;
}

int request_send(
	const char *url, double wait_s, struct target *target, char ret_why[FETCH_WHY_BYTES])
{
	char error[CURL_ERROR_SIZE] = "";
	double end_s = attempt_end_s(wait_s);
	int err = -EIO;
	CURL *curl = curl_easy_init();
	snprintf(ret_why, FETCH_WHY_BYTES, "the request: out of memory");
	if (!curl)
		return err;
	set_up(curl, url, target, error);
	while (!send_once(curl, error, target, &err, ret_why) && attempt_again(end_s)) {
		target->trace_id[0] = '\0';
		error[0] = '\0';
	}
	curl_easy_cleanup(curl);
	return err;
}
