/* SPDX-License-Identifier: Apache-2.0 */
/* dlopen is not wrapped: it depends on its caller's address, and an opened object is of no use
 * until dlsym is called for its entry point.  So new objects are examined at that call. */
#include "gate/lookup.h"
#include "gate/core.h"
#include "gate/elf.h"
#include "gate/gate.h"
#include "gate/real.h"
#include "gate/rebind.h"
#include "gate/wrapped.h"
#include <dlfcn.h>

static void *no_dlsym(void *handle, const char *name)
{
	return NULL;
}

static void *no_dlvsym(void *handle, const char *name, const char *version)
{
	return NULL;
}

_Atomic(__typeof__(&no_dlsym)) gate_real_dlsym = no_dlsym;
_Atomic(__typeof__(&no_dlvsym)) gate_real_dlvsym = no_dlvsym;

static void *real_dlsym(void *handle, const char *name)
{
	return atomic_load(&gate_real_dlsym)(handle, name);
}

/* The objects examined so far: all of those at these counts of loaded and unloaded objects. */
static _Atomic uint64_t n_loaded, n_unloaded;
static atomic_uint n_seen, n_at_start;

/* Before the gate's constructor, the last of all, other libraries' run: a sanitizer or an allocator
 * looks up the functions that everything else here would call. */
static atomic_bool is_started;

static bool count_one(const struct elf_object *object, void *user)
{
	++*(unsigned *)user;
	return false;
}

static unsigned count_objects(void)
{
	unsigned n = 0;

	elf_each(count_one, &n);
	return n;
}

void lookup_start(void)
{
	uint64_t loaded, unloaded;

	if (core_is_possible() && elf_changes(&loaded, &unloaded)) {
		atomic_store(&n_at_start, count_objects());
		atomic_store(&n_seen, atomic_load(&n_at_start));
		atomic_store(&n_unloaded, unloaded);
		atomic_store(&n_loaded, loaded);
	}
	atomic_store(&is_started, true);
}

static void look_at_new(void)
{
	uint64_t loaded, unloaded;

	if (!elf_changes(&loaded, &unloaded) ||
		(loaded == atomic_load(&n_loaded) && unloaded == atomic_load(&n_unloaded)))
		return;
	/* The next object takes an unloaded one's index. */
	bool has_lost = unloaded != atomic_load(&n_unloaded);
	unsigned first = atomic_load(has_lost ? &n_at_start : &n_seen);
	unsigned end = count_objects();
	if (has_lost)
		core_forget();
	/* Waits for another thread that is relocating some of them with the dynamic linker's lock
	 * held. */
	real_dlsym(RTLD_DEFAULT, "dlsym");
	if (!rebind_objects(first, end, unloaded))
		return; /* the next call looks again */
	atomic_store(&n_seen, end);
	atomic_store(&n_unloaded, unloaded);
	atomic_store(&n_loaded, loaded);
	core_load_if_wanted(first);
}

struct own {
	uintptr_t address;
	bool is_own;
};

static bool find_own(const struct elf_object *object, void *user)
{
	struct own *own = user;

	if (own->address < object->start || own->address >= object->end)
		return false;
	own->is_own = elf_symbol(object, GATE_CORE_NAME) || elf_symbol(object, "lt_provider_new");
	return true;
}

/* libtrace and the core call the real functions. */
static bool is_own(uintptr_t caller)
{
	struct own own = {.address = caller};

	elf_each(find_own, &own);
	return own.is_own;
}

struct answer {
	void *symbol;
	uintptr_t is_final; /* 0: the real function must answer */
};

/* A wrapped function, looked up by name. */
static struct answer look_up(
	void *handle, unsigned wrapped, const char *name, const char *version, uintptr_t caller)
{
	static const struct answer by_real = {.is_final = 0};

	if (is_own(caller))
		return by_real;
	/* The gate defines the name whether or not a library does. */
	if ((handle == RTLD_DEFAULT || handle == RTLD_NEXT) && real_in_scope(name, caller))
		return by_real;
	void *real = version ? atomic_load(&gate_real_dlvsym)(handle, name, version)
			     : real_dlsym(handle, name);
	if (real && real_is_gate((uintptr_t)real) && !real_in_scope(name, caller))
		real = real_dlsym(RTLD_NEXT, name); /* none, and says so */
	if (!real || real_is_gate((uintptr_t)real))
		return (struct answer){real, true};
	/* A function of the C library, on its handle, is that. */
	void *bound =
		!wrapped_is_everywhere(wrapped) && core_load() ? core_bound(wrapped, real) : NULL;
	return (struct answer){bound ? bound : real, true};
}

/* Called first by dlsym and dlvsym. version: NULL for dlsym. */
struct answer gate_symbol(void *handle, const char *name, const char *version, uintptr_t caller);
struct answer gate_symbol(void *handle, const char *name, const char *version, uintptr_t caller)
{
	if (atomic_load(&gate_real_dlsym) == no_dlsym) {
		__typeof__(&no_dlvsym) dlvsym = real_symbol("dlvsym");
		struct dynamic_linker linker;
		if (!real_dynamic_linker(&linker))
			return (struct answer){.is_final = 0};
		if (dlvsym)
			atomic_store(&gate_real_dlvsym, dlvsym);
		atomic_store(&gate_real_dlsym, linker.symbol);
	}
	if (!atomic_load(&is_started))
		return (struct answer){.is_final = 0};
	if (core_is_possible())
		look_at_new();
	unsigned wrapped = name ? wrapped_find(name) : WRAPPED_COUNT;
	return wrapped == WRAPPED_COUNT ? (struct answer){.is_final = 0}
					: look_up(handle, wrapped, name, version, caller);
}
