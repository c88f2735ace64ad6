/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/core.h"
#include "gate/elf.h"
#include "gate/gate.h"
#include "gate/real.h"
#include "gate/self.h"
#include "gate/wrapped.h"
#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

#define LIBRARY_FILE "libtrace-c.so.0"

enum state { STATE_UNKNOWN, STATE_LOADED, STATE_NONE };

static atomic_int state;
static atomic_int loading_pid; /* of the process that has started to load it; 0: none */
static struct gate gate = {.find = real_find, .next = real_symbol, .generation = 1};

/* The target of each wrapped function's jump; initially set by gate_*.S. */
extern _Atomic(void *) gate_slots[WRAPPED_COUNT];

/* A function for each library and wrapped function, so many bytes apart. */
extern char gate_bound[], gate_bound_by_call[];
#if defined(__x86_64__)
#define BOUND_BYTES 32
#elif defined(__aarch64__)
#define BOUND_BYTES 64
#endif
#define BOUND_BY_CALL_BYTES 16

uintptr_t gate_bound_offset; /* of the core's bound word, in every thread's static TLS */
static const struct gate_core *core;

void *core_wrapper(unsigned wrapped)
{
	return atomic_load(&gate_slots[wrapped]);
}

static bool has_interest(const struct elf_object *object, void *user)
{
	static const unsigned first_of_hooks[] = {
#define FIRST_OF_SERVER(first) first,
#define FIRST_OF_CLIENT(first) first,
#define FIRST_OF_CONTEXT(first)
#define HOOK(id, kind, ...) FIRST_OF_##kind(WRAPPED_FIRST_##id)
#include <hook_tables.h>
	};
	size_t i = 0;

	if (object->index < *(const unsigned *)user)
		return false;
	if (!elf_symbol(object, "lt_provider_new")) {
		while (i < sizeof(first_of_hooks) / sizeof(first_of_hooks[0]) &&
			!elf_symbol(object, wrapped_names[first_of_hooks[i]]))
			i++;
		if (i == sizeof(first_of_hooks) / sizeof(first_of_hooks[0]))
			return false;
	}
	return !elf_symbol(object, GATE_MARK);
}

static bool is_glibc(void)
{
	return real_symbol("gnu_get_libc_version");
}

/* A variable of musl's getopt(), which no other C library has.  The core for musl may be absent: not
 * every build has it. */
static bool is_musl_with_core(void)
{
	int (*can)(const char *, int) = real_symbol("access");
	char path[SELF_PATH_MAX_BYTES];

	return real_symbol("__optpos") && can &&
	       self_beside(GATE_MUSL_FOLDER GATE_CORE_FILE, path) && can(path, R_OK) == 0;
}

/* The core must not run in a setuid program; of two agents in one process the second does nothing. */
static bool may_load(void)
{
	unsigned long (*get)(unsigned long) = real_symbol("getauxval");

	return (is_glibc() || is_musl_with_core()) && get && !get(AT_SECURE) && self_is_first();
}

static uintptr_t thread_pointer(void)
{
	uintptr_t pointer;

#if defined(__x86_64__)
	__asm__("movq %%fs:0, %0" : "=r"(pointer));
#elif defined(__aarch64__)
	__asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#endif
	return pointer;
}

/* libtrace is the program's own if it has one, else the one beside the core: by its path, since
 * valgrind reports an error in glibc's handling of $ORIGIN in dlopen.  False: it exists but does
 * not load. */
static bool open_library(const struct dynamic_linker *linker)
{
	int (*can)(const char *, int) = real_symbol("access");
	const char *file = is_glibc() ? LIBRARY_FILE : GATE_MUSL_FOLDER LIBRARY_FILE;
	char path[SELF_PATH_MAX_BYTES];

	/* dlopen would search all folders even to check whether it is loaded. */
	return real_symbol("lt_provider_new") || !self_beside(file, path) || !can ||
	       can(path, R_OK) || linker->open(path, RTLD_LAZY | RTLD_LOCAL);
}

static const struct gate_core *open_core(const struct dynamic_linker *linker)
{
	const char *file = is_glibc() ? GATE_CORE_FILE : GATE_MUSL_FOLDER GATE_CORE_FILE;
	char path[SELF_PATH_MAX_BYTES];

	if (!open_library(linker) || !self_beside(file, path))
		return NULL;
	/* Never unloaded: the program's calls lead into it. */
	void *handle = linker->open(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const struct gate_core *found = handle ? linker->symbol(handle, GATE_CORE_NAME) : NULL;
	return found && found->version == GATE_VERSION && found->n_wrappers == WRAPPED_COUNT ? found
											     : NULL;
}

/* Concurrent threads each load it: a thread that waits for another might hold the dynamic linker's
 * lock, which that one needs.  All get the same result. */
static bool load(void)
{
	int (*get_pid)(void) = real_symbol("getpid");
	int pid = get_pid ? get_pid() : -1;
	struct dynamic_linker linker;
	int loading = 0;

	/* A thread of the parent was loading it during the fork: it is half loaded here. */
	bool is_interrupted =
		!atomic_compare_exchange_strong(&loading_pid, &loading, pid) && loading != pid;
	if (is_interrupted || !may_load() || !real_dynamic_linker(&linker)) {
		atomic_store(&state, STATE_NONE);
		return false;
	}
	const struct gate_core *found = open_core(&linker);
	if (!found) {
		const char *reason = linker.error();
		if (atomic_exchange(&state, STATE_NONE) == STATE_UNKNOWN)
			self_report(reason ? reason : GATE_CORE_FILE " is of another version");
		return false;
	}
	gate.linker = linker;
	found->start(&gate);
	if (found->has_static_word)
		gate_bound_offset = found->bound_word() - thread_pointer();
	core = found;
	for (unsigned i = 0; i < WRAPPED_COUNT; i++)
		atomic_store(&gate_slots[i], found->wrappers[i]);
	atomic_store(&state, STATE_LOADED);
	return true;
}

bool core_load(void)
{
	int known = atomic_load(&state);

	if (known != STATE_UNKNOWN)
		return known == STATE_LOADED;
	int *errno_at = real_errno();
	int saved_errno = *errno_at;
	bool is_loaded = load();
	*errno_at = saved_errno;
	return is_loaded;
}

bool core_is_loaded(void)
{
	return atomic_load(&state) == STATE_LOADED;
}

bool core_is_possible(void)
{
	return atomic_load(&state) != STATE_NONE;
}

void core_load_if_wanted(unsigned first)
{
	if (atomic_load(&state) == STATE_UNKNOWN && elf_each(has_interest, &first))
		core_load();
}

void core_start(void)
{
	if (may_load())
		core_load_if_wanted(0);
	else
		atomic_store(&state, STATE_NONE);
}

void *core_bound(unsigned wrapped, void *real)
{
	int number = core->library_of(wrapped, real);
	int i = number * WRAPPED_COUNT + (int)wrapped;

	if (number < 0)
		return NULL;
	return core->has_static_word ? gate_bound + i * BOUND_BYTES
				     : gate_bound_by_call + i * BOUND_BY_CALL_BYTES;
}

/* Called first by the functions at gate_bound_by_call. */
void *gate_bind(unsigned wrapped, unsigned library);
void *gate_bind(unsigned wrapped, unsigned library)
{
	*(unsigned *)core->bound_word() = library;
	return core_wrapper(wrapped);
}

void core_forget(void)
{
	atomic_fetch_add(&gate.generation, 1);
}

/* Addresses that were looked up may belong to another object from here on, and again after the
 * call. */
int gate_dlclose(void *handle);
int gate_dlclose(void *handle)
{
	struct dynamic_linker linker;

	if (!real_dynamic_linker(&linker))
		return -1;
	unsigned n_forks = atomic_load(&gate.n_forks);
	atomic_fetch_add(&gate.n_closing, 1);
	atomic_fetch_add(&gate.generation, 1);
	int result = linker.close(handle);
	atomic_fetch_add(&gate.generation, 1);
	if (atomic_load(&gate.n_forks) == n_forks) /* else a fork's child has reset the count */
		atomic_fetch_sub(&gate.n_closing, 1);
	return result;
}

__attribute__((visibility("default"), alias("gate_dlclose"))) int dlclose(void *handle);
