/* SPDX-License-Identifier: Apache-2.0 */
/* search.h - searches the store for traces, services, operations and dependencies. */
#ifndef TRACEVIEW_SEARCH_H
#define TRACEVIEW_SEARCH_H

#include "base/arena.h"
#include "store/store.h"

struct search_tag {
	struct lt_slice key, value;
};

/* A trace matches when one of its spans meets every condition. */
struct search {
	struct lt_slice service; /* len 0: any; likewise below */
	struct lt_slice operation;
	uint64_t start_min_ns, start_max_ns;	   /* of the span's start; both included */
	uint64_t duration_min_ns, duration_max_ns; /* both included */
	/* Compared with the attributes of the span, its events and its resource, as text; "error",
	 * "span.kind" and "otel.status_code" mean what they mean in Jaeger. */
	const struct search_tag *tags;
	size_t n_tags;
	size_t limit; /* traces */
};

/* Matches everything, up to limit. */
#define SEARCH_ALL(limit_)                                                                         \
	(struct search)                                                                            \
	{                                                                                          \
		.start_max_ns = UINT64_MAX, .duration_max_ns = UINT64_MAX, .limit = (limit_)       \
	}

/**
 * Finds traces, latest start first.
 * @param arena        holds the result
 * @param ret_traces   borrowed from store
 * @return how many; -ENOMEM
 */
LT_CHECKED long search_traces(const struct store *store, const struct search *search,
	struct arena *arena, struct trace ***ret_traces);

/** Whether a search would find that trace. */
bool search_finds(const struct search *search, const struct trace *trace);

/**
 * Lists the services, sorted, without duplicates.
 * @param ret_services  in the arena, its strings borrowed from store
 * @return how many; -ENOMEM
 */
LT_CHECKED long search_services(
	const struct store *store, struct arena *arena, struct lt_slice **ret_services);

struct operation {
	struct lt_slice name; /* borrowed from store */
	const char *kind;     /* as span_kind_name() */
};

/**
 * Lists the operations of a service, sorted, without duplicates.
 * @param kind  only those of that kind; len 0: any
 * @return how many; -ENOMEM
 */
LT_CHECKED long search_operations(const struct store *store, struct lt_slice service,
	struct lt_slice kind, struct arena *arena, struct operation **ret_operations);

struct dependency {
	struct lt_slice parent, child; /* services; borrowed from store */
	uint64_t n_calls;
};

/**
 * Counts the calls between services (of a service to itself as well, as in Jaeger) in traces
 * that began and ended within a period.
 * @return how many; -ENOMEM
 */
LT_CHECKED long search_dependencies(const struct store *store, uint64_t start_ns, uint64_t end_ns,
	struct arena *arena, struct dependency **ret_dependencies);

#endif
