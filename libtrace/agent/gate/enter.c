/* SPDX-License-Identifier: Apache-2.0 */
/* enter.c - libtrace-agent.so, what is preloaded: where a wrapped call goes, and the constructor.
 *
 * It is loaded into every child of a traced process, also into those that have nothing to trace,
 * another C library or another root.  So it requires no library, symbol or version, and at first it
 * only looks for the libraries that are traced.  Once one is loaded, the core is loaded, which does the work;
 * where that fails, calls go to where they would have gone without an agent. */
#include "gate/children.h"
#include "gate/core.h"
#include "gate/elf.h"
#include "gate/gate.h"
#include "gate/lookup.h"
#include "gate/real.h"
#include "gate/wrapped.h"
#include <errno.h>

/* Other gates detect it by its name. */
__attribute__((visibility("default"))) const unsigned lt_agent_gate = GATE_VERSION;

/* --- where calls go while there is no core ------------------------------------------------------
 */

/* The function found for a name that only one object defines.  Valid while no object is loaded or
 * unloaded. */
struct passed {
	_Atomic uint64_t version; /* 0: being written */
	_Atomic(void *) function;
};

static struct passed passed[WRAPPED_COUNT];
static atomic_flag is_writing = ATOMIC_FLAG_INIT;

/* For a name that only the gate defines. */
static void *nothing(void)
{
	return NULL;
}

/* For one of the C library's that it does not have: a thread cannot be started. */
static int nobody(void)
{
	return EAGAIN;
}

static void remember(struct passed *entry, void *function, uint64_t version)
{
	if (atomic_flag_test_and_set(&is_writing))
		return;
	atomic_store(&entry->version, 0);
	atomic_store(&entry->function, function);
	atomic_store(&entry->version, version);
	atomic_flag_clear(&is_writing);
}

static void *pass(unsigned wrapped, uintptr_t caller)
{
	struct passed *entry = &passed[wrapped];
	uint64_t loaded, unloaded, version = 0;

	if (elf_changes(&loaded, &unloaded)) {
		version = (unloaded << 32) + loaded + 1;
		void *function = atomic_load(&entry->version) == version
					 ? atomic_load(&entry->function)
					 : NULL;
		if (function && atomic_load(&entry->version) == version)
			return function;
	}
	bool is_everywhere = wrapped_is_everywhere(wrapped);
	void *function = is_everywhere ? real_symbol(wrapped_names[wrapped])
				       : real_find(wrapped_names[wrapped], caller);
	if (!function)
		return (void *)(is_everywhere ? (uintptr_t)&nobody : (uintptr_t)&nothing);
	if (version && (is_everywhere || real_count(wrapped_names[wrapped]) == 1))
		remember(entry, function, version);
	return function;
}

/* The target of a wrapped function's first call, and of every call while there is no core.  A thread that
 * is started is no reason to load it. */
void *gate_enter(unsigned wrapped, uintptr_t caller);
void *gate_enter(unsigned wrapped, uintptr_t caller)
{
	bool has_core = wrapped_is_everywhere(wrapped) ? core_is_loaded() : core_load();

	return has_core ? core_wrapper(wrapped) : pass(wrapped, caller);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

__attribute__((constructor)) static void start(void)
{
	children_start();
	core_start();
	lookup_start();
}
