/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - where the paths of the query port begin. */
#include "serve/site.h"

#include "http_client.h"
#include "query/clean_path.h"
#include "serve/cors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define INDEX_MAX_BYTES ((size_t)64 * 1024)

/* Writes the policy; also the length that it needs. */
static int write_policy(struct site *site, const char *origin, size_t origin_len)
{
	return snprintf(site->policy, sizeof(site->policy),
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
		"connect-src 'self'%s%.*s; base-uri 'none'; form-action 'self'; "
		"frame-ancestors 'none'",
		origin_len ? " " : "", (int)origin_len, origin);
}

/* Puts the prefix before each link: in this file each begins with ="/. */
static void write_index(struct site *site)
{
	const struct page_file *file = page_index();
	const char *from = (const char *)file->data, *end = from + file->len, *mark;
	site->index.len = 0;
	while ((mark = memmem(from, (size_t)(end - from), "=\"/", 3))) {
		buffer_put(&site->index, from, (size_t)(mark - from) + 2);
		buffer_puts(&site->index, site->base);
		from = mark + 2;
	}
	buffer_put(&site->index, from, (size_t)(end - from));
}

int site_init(struct site *site)
{
	*site = (struct site){.hosts = "*"};
	buffer_init(&site->index, INDEX_MAX_BYTES);
	write_policy(site, "", 0);
	write_index(site);
	return site->index.failed ? -ENOMEM : 0;
}

void site_done(struct site *site)
{
	free(site->send_url);
	buffer_done(&site->index);
}

/* Nothing that HTML or a header would need quotes for. */
static bool is_made_of(const char *text, const char *others)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~";
	for (; *text; text++) {
		if (!strchr(plain, *text) && !strchr(others, *text))
			return false;
	}
	return true;
}

bool site_set_base(struct site *site, const char *base)
{
	size_t n = strlen(base);
	struct buffer clean;
	if (n && base[n - 1] == '/') /* "/" is no prefix, "/a/" is "/a" */
		n--;
	if (n >= sizeof(site->base) || !is_made_of(base, "/"))
		return false;
	buffer_init(&clean, n + 2);
	bool is_clean = n == 0 || clean_path((struct lt_slice){base, n}, &clean);
	buffer_done(&clean);
	if (!is_clean)
		return false;
	memcpy(site->base, base, n);
	site->base[n] = '\0';
	write_index(site);
	return !site->index.failed;
}

bool site_set_gateway(struct site *site, const char *url)
{
	if (!*url)
		return true;
	if (!is_made_of(url, "/:[]"))
		return false;
	char *send_url = http_client_url(url, "/checkout");
	const char *host = send_url ? strstr(send_url, "://") : NULL;
	if (!host) {
		free(send_url);
		return false;
	}
	size_t origin_len = (size_t)(host + 3 - send_url) + strcspn(host + 3, "/");
	if (write_policy(site, send_url, origin_len) >= SITE_POLICY_BYTES) {
		free(send_url);
		return false;
	}
	site->send_url = send_url;
	return true;
}

void site_set_hosts(struct site *site, const char *hosts, const char *listen)
{
	bool is_private = host_is_loopback(lt_slice(listen)) || strcmp(listen, "::1") == 0;
	site->hosts = *hosts ? hosts : is_private ? "" : "*";
}

bool site_has_host(const struct site *site, struct lt_slice authority)
{
	struct lt_slice host;
	if (strcmp(site->hosts, "*") == 0 || !authority.len)
		return true;
	if (!host_split(authority, &host))
		return false;
	if (host_is_loopback(host) || host_is_address(host))
		return true;
	for (const char *name = site->hosts; *name;) {
		size_t n = strcspn(name, ", ");
		if (n == host.len && strncasecmp(name, host.ptr, n) == 0)
			return true;
		name += n + strspn(name + n, ", ");
	}
	return false;
}

bool site_strip(const struct site *site, struct lt_slice *path)
{
	size_t n = strlen(site->base);
	if (path->len <= n || memcmp(path->ptr, site->base, n) != 0 || path->ptr[n] != '/')
		return n == 0;
	path->ptr += n;
	path->len -= n;
	return true;
}

struct lt_slice site_page(const struct site *site, const struct page_file *file)
{
	if (file == page_index())
		return buffer_slice(&site->index);
	return (struct lt_slice){(const char *)file->data, file->len};
}
