/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - the interface between the gate (libtrace-agent.so) and the core
 * (libtrace-agent-core.so).  They are installed together; the version detects a mix. */
#ifndef LT_AGENT_GATE_H
#define LT_AGENT_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_VERSION 2
#define GATE_CORE_NAME "lt_agent_core" /* the core's only symbol, a struct gate_core */
#define GATE_CORE_FILE "libtrace-agent-core.so"
#define GATE_MUSL_FOLDER                                                                           \
	"libtrace-musl/" /* beside the gate: core and libtrace once more, for musl */

/* dlopen, dlsym, dlclose and dlerror themselves, not the gate's. */
struct dynamic_linker {
	void *(*open)(const char *path, int mode);
	void *(*symbol)(void *handle, const char *name);
	int (*close)(void *handle);
	char *(*error)(void);
};

/* The gate's, for the core. */
struct gate {
	struct dynamic_linker linker;

	/**
	 * The function that a caller would call by a name if there were no agent.
	 * @param caller  an address inside the calling object
	 * @return NULL: there is none.  Threads: any.
	 */
	void *(*find)(const char *name, uintptr_t caller);

	/** The first function of that name after the gate, in load order: the C library's, or a
	 * sanitizer's that replaces it.  NULL: there is none.  Threads: any. */
	void *(*next)(const char *name);

	/* Incremented before and after each dlclose, which makes addresses invalid that were looked
	 * up before. */
	_Atomic uint64_t generation;
	atomic_uint n_closing; /* dlcloses in progress: what is found must not be kept */
	atomic_uint n_forks;   /* incremented in a fork's child, which has one thread */
};

/* The core's, for the gate. */
struct gate_core {
	unsigned version;    /* GATE_VERSION */
	unsigned n_wrappers; /* WRAPPED_COUNT */
	void *const *wrappers;

	/** Called once the core is loaded, before any wrapper; repeated calls do nothing. */
	void (*start)(struct gate *gate);
	/** This thread's word in which a bound function stores which library it is for. */
	uintptr_t (*bound_word)(void);
	bool has_static_word; /* at the same distance from each thread's pointer */
	/** The number, from 0, of the library that this wrapped function belongs to; -1: none. */
	int (*library_of)(unsigned wrapped, const void *function);
};

#endif
