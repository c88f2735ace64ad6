/* SPDX-License-Identifier: Apache-2.0 */
/* curl_client.c - a request by libcurl with a CLIENT span, whose context goes out in its headers.
 * libtrace-instrument does this without a line of it.
 *
 *	$ ./h2o_server | (read listening && ./curl_client)
 *	hello
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	GET  CLIENT  2.0 ms  url.full="http://127.0.0.1:8080/hello" http.response.status_code=200
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	GET /hello  SERVER  90.0 us  http.route="/hello" http.response.status_code=200
 */
#include <curl/curl.h>
#include <libtrace/propagation.h>
#include <libtrace/sdk.h>
#include <libtrace/semconv.h>
#include <stdio.h>

static int set_header(void *carrier, const char *key, const char *value)
{
	struct curl_slist **headers = carrier;
	char line[1024];

	snprintf(line, sizeof(line), "%s: %s", key, value);
	*headers = curl_slist_append(*headers, line);
	return 0;
}

static void get(CURL *curl, const char *url) /* under the current span */
{
	static const struct lt_carrier_impl carrier = {.set = set_header};
	struct curl_slist *headers = NULL;
	long status = 0;

	lt_inject(&carrier, &headers, NULL);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	CURLcode failed = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	lt_span_set(lt_span_current(),
		LT_ATTRS(lt_str(LT_URL_FULL, url), lt_int(LT_HTTP_RESPONSE_STATUS_CODE, status)));
	if (failed || status >= 400)
		lt_span_status(lt_span_current(), LT_STATUS_ERROR, curl_easy_strerror(failed));
}

int main(void)
{
	struct lt_provider *provider;
	CURL *curl = curl_easy_init();

	if (lt_provider_new(NULL, &provider))
		return 1;
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "curl_client", NULL), "GET",
		&(struct lt_span_options){.kind = LT_KIND_CLIENT});
	{
		LT_SCOPE(span);
		get(curl, "http://127.0.0.1:8080/hello");
	}
	lt_span_end(span);
	curl_easy_cleanup(curl);
	lt_provider_free(provider);
	return 0;
}
