/* SPDX-License-Identifier: Apache-2.0 */
#include "hook/hook.h"
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 4096

struct gate *hook_gate;
__thread unsigned hook_bound;

/* Threads that were in dlclose() exist in the parent only. */
static void after_fork_child(void)
{
	atomic_fetch_add(&hook_gate->n_forks, 1);
	atomic_store(&hook_gate->n_closing, 0);
}

void hook_start(struct gate *gate)
{
	static atomic_bool is_started;

	hook_gate = gate;
	if (!atomic_exchange(&is_started, true))
		pthread_atfork(NULL, NULL, after_fork_child);
}

/* --- loaded objects ------------------------------------------------------------------------ */

struct object {		   /* a loaded one */
	uintptr_t address; /* searched for */
	uintptr_t start, end;
	char path[PATH_MAX_BYTES]; /* as the dynamic linker knows it */
	char soname[64];
};

/* glibc has relocated the table's pointers, other C libraries have not. */
static uintptr_t dynamic_pointer(const struct dl_phdr_info *info, ElfW(Addr) value)
{
	return value < info->dlpi_addr ? info->dlpi_addr + value : value;
}

static void read_soname(
	const struct dl_phdr_info *info, const ElfW(Dyn) *dynamic, char *soname, size_t size)
{
	uintptr_t strings = 0;
	ElfW(Xword) offset = 0;

	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == DT_STRTAB)
			strings = dynamic_pointer(info, dynamic->d_un.d_ptr);
		if (dynamic->d_tag == DT_SONAME)
			offset = dynamic->d_un.d_val;
	}
	if (strings && offset) {
		strncpy(soname, (const char *)strings + offset, size - 1);
		soname[size - 1] = '\0';
	}
}

/* dl_iterate_phdr callback: stops at the object that holds object->address. */
static int find_object(struct dl_phdr_info *info, size_t size, void *user)
{
	struct object *object = user;
	const ElfW(Dyn) *dynamic = NULL;
	uintptr_t start = UINTPTR_MAX, end = 0;
	bool holds = false;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + segment->p_vaddr;
		uintptr_t to = from + segment->p_memsz;
		if (segment->p_type == PT_DYNAMIC)
			dynamic = (const ElfW(Dyn) *)from;
		if (segment->p_type != PT_LOAD)
			continue;
		start = from < start ? from : start;
		end = to > end ? to : end;
		holds |= object->address >= from && object->address < to;
	}
	if (!holds || strlen(info->dlpi_name) >= sizeof(object->path))
		return 0;
	object->start = start;
	object->end = end;
	strcpy(object->path, info->dlpi_name);
	if (dynamic)
		read_soname(info, dynamic, object->soname, sizeof(object->soname));
	return 1;
}

static bool object_at(uintptr_t address, struct object *object)
{
	*object = (struct object){.address = address};
	return dl_iterate_phdr(find_object, object) == 1;
}

/* --- libraries ----------------------------------------------------------------------------- */

/* The library mapped at object; NULL: it is none, or there is no memory. */
static struct hook_library *library_new(
	const struct hook_family *family, const struct object *object, bool keep)
{
	struct hook_library *library =
		calloc(1, sizeof(*library) + family->n_names * sizeof(library->symbols[0]));
	void *handle =
		library ? hook_gate->linker.open(object->path, RTLD_LAZY | RTLD_NOLOAD) : NULL;

	if (!handle) {
		free(library);
		return NULL;
	}
	library->start = object->start;
	library->end = object->end;
	library->passes = !keep;
	memcpy(library->soname, object->soname, sizeof(library->soname));
	for (size_t i = 0; i < family->n_names; i++)
		library->symbols[i] = hook_gate->linker.symbol(handle, family->names[i]);
	hook_gate->linker.error(); /* hides our failed lookup from the program's dlerror() */
	/* A kept library is never closed: pointers into it are held from now on. */
	if (!keep)
		hook_gate->linker.close(handle);
	return library;
}

/* The kept library mapped at object, added if it is new and there is room.  Lock-free, so that a
 * fork finds no lock taken: of two threads that add the same one, the second frees its own. */
static struct hook_library *kept_at(
	struct hook_family *family, const struct object *object, bool may_add, int *ret_number)
{
	struct hook_library *added = NULL;

	for (int i = 0; i < HOOK_LIBRARIES_MAX; i++) {
		struct hook_library *present = atomic_load(&family->libraries[i]);
		if (!present) {
			if (!added && may_add)
				added = library_new(family, object, true);
			if (!added)
				return NULL;
			if (atomic_compare_exchange_strong(&family->libraries[i], &present, added))
				present = added;
		}
		if (present->start == object->start) {
			if (present != added)
				free(added);
			*ret_number = i;
			return present;
		}
	}
	free(added);
	return NULL;
}

static bool is_same(const struct hook_library *a, const struct hook_library *b, size_t n_symbols)
{
	return a->start == b->start && a->end == b->end &&
	       memcmp(a->symbols, b->symbols, n_symbols * sizeof(a->symbols[0])) == 0;
}

/* A library that is not kept may be unloaded and mapped elsewhere, or another in its place; its
 * entry may be in use by another thread, so it is never changed or freed. */
static struct hook_library *passing_at(struct hook_family *family, const struct object *object)
{
	struct hook_library *added = library_new(family, object, false);
	struct hook_library *known = atomic_load(&family->passing);

	for (struct hook_library *library = known; added && library; library = library->next) {
		if (is_same(library, added, family->n_names)) {
			free(added);
			return library;
		}
	}
	if (added) {
		added->next = known;
		while (!atomic_compare_exchange_weak(&family->passing, &added->next, added))
			;
	}
	return added;
}

int hook_library_number(struct hook_family *family, const void *function)
{
	struct object object;
	int number = -1;

	if (object_at((uintptr_t)function, &object))
		kept_at(family, &object, true, &number);
	return number;
}

/* --- callers -------------------------------------------------------------------------------- */

/* Takes an entry that is unused or out of date, else the next in turn. */
static struct hook_caller *take_place(struct hook_family *family, uint64_t now)
{
	struct hook_caller *place = NULL;
	size_t i;

	for (i = 0; i < HOOK_CALLERS_MAX; i++) {
		uint64_t generation = atomic_load(&family->callers[i].generation);
		place = &family->callers[i];
		if (generation != now && generation != HOOK_BUSY &&
			atomic_compare_exchange_strong(&place->generation, &generation, HOOK_BUSY))
			break;
	}
	if (i == HOOK_CALLERS_MAX) {
		i = atomic_fetch_add(&family->n_replaced, 1) % HOOK_CALLERS_MAX;
		place = &family->callers[i];
		if (!atomic_compare_exchange_strong(&place->generation, &now, HOOK_BUSY))
			return NULL;
	}
	size_t n = atomic_load(&family->n_callers);
	while (n <= i && !atomic_compare_exchange_weak(&family->n_callers, &n, i + 1))
		;
	return place;
}

static void remember(struct hook_family *family, const struct object *caller,
	struct hook_library *library, uint64_t generation)
{
	struct hook_caller *place = take_place(family, generation);

	if (!place)
		return;
	atomic_store(&place->start, caller->start);
	atomic_store(&place->end, caller->end);
	atomic_store(&place->target, library);
	atomic_store(&place->generation, generation);
}

/* Asks the dynamic linker. */
static struct hook_call look_up(struct hook_family *family, uintptr_t address)
{
	uint64_t generation = atomic_load(&hook_gate->generation);
	struct object caller, target;
	int number;

	bool is_closing = atomic_load(&hook_gate->n_closing) > 0;
	void *symbol = hook_gate->find(family->names[0], address);
	if (!symbol || !object_at((uintptr_t)symbol, &target))
		return (struct hook_call){0};
	bool internal = address >= target.start && address < target.end;
	struct hook_library *library =
		kept_at(family, &target, !internal || family->calls_itself, &number);
	if (!library)
		library = passing_at(family, &target);
	if (!library)
		return (struct hook_call){0};
	/* Calls made by a library's destructors must not be cached, since another may take its
	 * place. */
	bool is_first = library == atomic_load(&family->libraries[0]);
	if (!is_closing && atomic_load(&hook_gate->n_closing) == 0 && !(internal && is_first) &&
		object_at(address, &caller))
		remember(family, &caller, library, generation);
	return hook_call_of(library, address);
}

struct hook_call hook_resolve(struct hook_family *family, uintptr_t address)
{
	if (hook_bound) {
		struct hook_library *bound = atomic_load(&family->libraries[hook_bound - 1]);
		hook_bound = 0;
		return hook_call_of(bound, address);
	}
	/* It is kept loaded, so that a call from inside it is its own; and takes no caller's place. */
	struct hook_library *first =
		atomic_load_explicit(&family->libraries[0], memory_order_acquire);
	if (first && address >= first->start && address < first->end)
		return hook_call_of(first, address);

	uint64_t now = atomic_load_explicit(&hook_gate->generation, memory_order_acquire);
	size_t n = atomic_load_explicit(&family->n_callers, memory_order_relaxed);
	for (size_t i = 0; i < n; i++) {
		struct hook_library *target = hook_known(&family->callers[i], address, now);
		if (target)
			return hook_call_of(target, address);
	}
	return look_up(family, address);
}
