/* SPDX-License-Identifier: Apache-2.0 */
/* curl_connects.c - a client that uses libcurl for connections only and sends its own requests.
 *
 *   curl_connects URL
 *
 * By the easy interface, where it then sends a request of its own and prints the first line of the
 * answer; by the multi interface; at last libcurl makes a request on the same handle.
 */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static void talk(CURL *easy)
{
	static const char request[] = "GET /own HTTP/1.0\r\n\r\n";
	char answer[256] = "";
	size_t n = 0;
	curl_socket_t socket = CURL_SOCKET_BAD;

	curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
	curl_easy_send(easy, request, strlen(request), &n);
	struct pollfd wait = {.fd = socket, .events = POLLIN};
	poll(&wait, 1, 5000);
	curl_easy_recv(easy, answer, sizeof(answer) - 1, &n);
	printf("%.*s\n", (int)strcspn(answer, "\r"), answer);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: curl_connects URL\n");
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURLM *multi = curl_multi_init();
	CURL *easy = curl_easy_init();
	int n_running = 1, n_left;

	curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	printf("easy %d\n", curl_easy_perform(easy));
	talk(easy);

	curl_multi_add_handle(multi, easy);
	while (curl_multi_perform(multi, &n_running) == CURLM_OK && n_running)
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
	CURLMsg *message = curl_multi_info_read(multi, &n_left);
	printf("multi %d\n", message ? (int)message->data.result : -1);
	curl_multi_remove_handle(multi, easy);

	/* Now it is to make requests again. */
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 0L);
	curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	printf("request %d\n", curl_easy_perform(easy));
	curl_easy_cleanup(easy);
	curl_multi_cleanup(multi);
	curl_global_cleanup();
	return 0;
}
