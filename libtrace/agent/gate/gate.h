/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - what the gate (libtrace-agent.so) and the core (libtrace-agent-core.so) know of each
 * other.  They are installed together and never mixed; the version guards against that.
 */
#ifndef LT_AGENT_GATE_H
#define LT_AGENT_GATE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_VERSION 1
#define GATE_CORE_NAME "lt_agent_core" /* the core's only symbol, a struct gate_core */

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
	 * The real function of a name that a caller would call were there no agent.
	 * @param caller  an address inside the calling object
	 * @return NULL: there is none.  Threads: any.
	 */
	void *(*find)(const char *name, uintptr_t caller);

	/* Raised before and after each dlclose: what was found by address before may be another's
	 * now. */
	_Atomic uint64_t generation;
	atomic_uint n_closing; /* dlcloses at work; what is found meanwhile must not be kept */
	atomic_uint n_forks; /* raised in a fork's child, where none but the forker's is at work */
};

/* The core's, for the gate. */
struct gate_core {
	unsigned version;    /* GATE_VERSION */
	unsigned n_wrappers; /* WRAPPED_COUNT */
	void *const *wrappers;

	/** Called once the core is loaded, before any wrapper; more than once does no harm. */
	void (*start)(struct gate *gate);
	/** This thread's word in which a bound function says which library it is for. */
	uintptr_t (*bound_word)(void);
	/** The number, from 0, of the library whose wrapped function this is; -1: has none. */
	int (*library_of)(unsigned wrapped, const void *function);
};

#endif
