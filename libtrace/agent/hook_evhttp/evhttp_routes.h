/* SPDX-License-Identifier: Apache-2.0 */
/* evhttp_routes.h - the program's callbacks for requests, by the paths that it registers. */
#ifndef LT_AGENT_EVHTTP_ROUTES_H
#define LT_AGENT_EVHTTP_ROUTES_H

#include "hook_evhttp/evhttp_library.h"

/** evhttp_set_gencb() with a callback that starts the span and calls the program's. */
void evhttp_routes_set_generic(
	struct hook_library *library, struct evhttp *http, evhttp_function function, void *arg);

/** evhttp_set_cb() likewise. */
int evhttp_routes_add(struct hook_library *library, struct evhttp *http, const char *path,
	evhttp_function function, void *arg);

/** evhttp_del_cb() has removed the path's callback. */
void evhttp_routes_remove(struct evhttp *http, const char *path);

struct evhttp_routes;

/** Those of a server that is about to be freed; to be released after that.  NULL: none. */
struct evhttp_routes *evhttp_routes_take(struct evhttp *http);
void evhttp_routes_free(struct evhttp_routes *routes);

#endif
