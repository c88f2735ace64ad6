/* SPDX-License-Identifier: Apache-2.0 */
/* A callback may remove itself, or free its server: nothing here is used after it has been called. */
#include "hook_evhttp/evhttp_routes.h"
#include "hook_evhttp/evhttp_span.h"
#include "request/request_span.h"
#include <stdlib.h>
#include <string.h>

/* A path's callback; also the one for all other paths. */
struct route {
	struct hook_library *library;
	evhttp_function function;
	void *arg;
	struct route *next;
	char path[]; /* http.route; "" in the generic one */
};

/* Of a struct evhttp.  One that is freed as a virtual host of another is not seen: its routes stay
 * here until another server with that address is freed. */
struct evhttp_routes {
	struct hook_entry entry;
	struct route *generic; /* NULL: never set */
	struct route *first;   /* the newest */
};

static const struct hook_kind servers = {sizeof(struct evhttp_routes)};

static struct route *route_new(
	struct hook_library *library, const char *path, evhttp_function function, void *arg)
{
	size_t bytes = strlen(path) + 1;
	struct route *route = malloc(sizeof(*route) + bytes);

	if (!route)
		return NULL;
	*route = (struct route){.library = library, .function = function, .arg = arg};
	memcpy(route->path, path, bytes);
	return route;
}

static void on_request(struct evhttp_request *req, void *arg)
{
	const struct route *route = arg;
	struct evhttp_span *span = evhttp_span_get(route->library, req);
	const evhttp_function function = route->function;
	void *const function_arg = route->arg;
	struct lt_scope scope;

	request_span_arrive();
	if (span)
		evhttp_span_start(span, route->path[0] ? route->path : NULL);
	lt_scope_enter(&scope, span ? span->span : NULL);
	function(req, function_arg);
	lt_scope_leave(&scope);
}

void evhttp_routes_set_generic(
	struct hook_library *library, struct evhttp *http, evhttp_function function, void *arg)
{
	__typeof__(evhttp_set_gencb) *set = EVHTTP_REAL(library, evhttp_set_gencb);
	struct evhttp_routes *routes =
		function ? (struct evhttp_routes *)hook_map_get(&servers, http) : NULL;

	if (routes && !routes->generic)
		routes->generic = route_new(library, "", function, arg);
	if (!routes || !routes->generic) {
		set(http, function, arg);
		return;
	}
	routes->generic->function = function;
	routes->generic->arg = arg;
	set(http, on_request, routes->generic);
}

int evhttp_routes_add(struct hook_library *library, struct evhttp *http, const char *path,
	evhttp_function function, void *arg)
{
	__typeof__(evhttp_set_cb) *set = EVHTTP_REAL(library, evhttp_set_cb);
	struct evhttp_routes *routes = (struct evhttp_routes *)hook_map_get(&servers, http);
	struct route *route = routes ? route_new(library, path, function, arg) : NULL;

	if (!route)
		return set(http, path, function, arg);
	int result = set(http, path, on_request, route);
	if (result != 0) { /* there is one of this path already */
		free(route);
		return result;
	}
	route->next = routes->first;
	routes->first = route;
	return result;
}

void evhttp_routes_remove(struct evhttp *http, const char *path)
{
	struct evhttp_routes *routes = (struct evhttp_routes *)hook_map_find(&servers, http);

	for (struct route **link = routes ? &routes->first : NULL; link && *link;
		link = &(*link)->next) {
		struct route *route = *link;
		if (strcmp(route->path, path) == 0) {
			*link = route->next;
			free(route);
			return;
		}
	}
}

struct evhttp_routes *evhttp_routes_take(struct evhttp *http)
{
	return (struct evhttp_routes *)hook_map_remove(&servers, http);
}

void evhttp_routes_free(struct evhttp_routes *routes)
{
	if (!routes)
		return;
	for (struct route *route = routes->first, *next; route; route = next) {
		next = route->next;
		free(route);
	}
	free(routes->generic);
	free(routes);
}
