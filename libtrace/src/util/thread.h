/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - everything that libtrace keeps per thread, in one struct, so that one access finds
 * it. */
#ifndef LT_THREAD_H
#define LT_THREAD_H

#include <features.h>
#include <libtrace/trace.h>

struct lt_thread {
	struct lt_scope_entry *scope; /* innermost, of scope.c; NULL: no span is current */
	struct lt_scope_entry *spare_scopes;
	unsigned n_scopes;
	unsigned n_valued;	      /* scopes that have values of context: mostly none */
	unsigned suppressed;	      /* depth of lt_suppress_enter */
	struct lt_magazine *magazine; /* free spans, of span_pool.c; NULL: none yet */
	uint32_t span_bytes;	      /* used of the last span's block */
	bool has_slab_lock; /* of span_slab.c: a signal handler on top of it must not want it */
	bool seeded; /* cleared in a fork's child: two processes must not generate the same ids */
	uint64_t seed[4]; /* of ids.c */
	uintptr_t stack_start;
	size_t stack_bytes; /* 0: not known */
};

/* initial-exec: a few words fit into the static TLS block, also after a dlopen, and are found without
 * a call.  glibc keeps room there, musl none. */
#ifdef __GLIBC__
#define LT_TLS_MODEL __attribute__((tls_model("initial-exec")))
#else
#define LT_TLS_MODEL __attribute__((tls_model("local-dynamic")))
#endif

extern __thread struct lt_thread lt_thread LT_TLS_MODEL;

#endif
