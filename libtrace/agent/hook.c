/* SPDX-License-Identifier: Apache-2.0 */
/* hook.c - see hook.h. */
#include "hook.h"
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_BYTES 4096

struct object {		   /* a loaded one */
	uintptr_t address; /* searched for */
	bool is_main;
	uintptr_t start, end;
	char path[MAX_PATH_BYTES]; /* as the dynamic linker knows it */
	char soname[64];
	unsigned n_seen;
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

	object->is_main = object->n_seen++ == 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const uintptr_t from = info->dlpi_addr + segment->p_vaddr;
		const uintptr_t to = from + segment->p_memsz;
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

/* Whether dlsym found this object's wrapper instead of the real function. */
static bool is_ours(const void *symbol)
{
	Dl_info self, other;

	return dladdr((const void *)(uintptr_t)&hook_resolve, &self) && dladdr(symbol, &other) &&
	       self.dli_fbase == other.dli_fbase;
}

static void *symbol_in(const char *path, const char *name)
{
	void *handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	void *symbol = handle ? dlsym(handle, name) : NULL;

	/* The caller may be unloaded later as before: only the library itself stays. */
	if (handle)
		dlclose(handle);
	return symbol && !is_ours(symbol) ? symbol : NULL;
}

struct paths {	    /* of all loaded objects, newest last */
	char *text; /* NUL-terminated paths, one after the other */
	size_t len;
};

static int collect_path(struct dl_phdr_info *info, size_t size, void *user)
{
	struct paths *paths = user;
	const size_t len = strlen(info->dlpi_name) + 1;
	char *grown = len > 1 ? realloc(paths->text, paths->len + len) : NULL;

	if (grown) {
		memcpy(grown + paths->len, info->dlpi_name, len);
		paths->text = grown;
		paths->len += len;
	}
	return 0;
}

/* The last resort, for an object that names no such library among its dependencies while none is in
 * the global scope: a plugin's helper that relies on what the plugin brought. */
static void *symbol_anywhere(const char *name)
{
	struct paths paths = {0};
	void *symbol = NULL;

	dl_iterate_phdr(collect_path, &paths);
	for (size_t at = 0; at < paths.len && !symbol; at += strlen(paths.text + at) + 1)
		symbol = symbol_in(paths.text + at, name);
	free(paths.text);
	return symbol;
}

static void *find_symbol(const struct object *caller, const char *name)
{
	void *symbol = NULL;

	if (!caller->is_main)
		symbol = symbol_in(caller->path, name);
	if (!symbol)
		symbol = dlsym(RTLD_NEXT, name);
	if (!symbol)
		symbol = symbol_anywhere(name);
	return symbol;
}

static struct hook_library *library_new(
	const struct hook_family *family, const struct object *object)
{
	struct hook_library *library = calloc(1, sizeof(*library));
	/* Never closed: from now on somebody holds pointers into it. */
	void *handle = library ? dlopen(object->path, RTLD_LAZY | RTLD_NOLOAD) : NULL;

	if (!handle) {
		free(library);
		return NULL;
	}
	library->start = object->start;
	library->end = object->end;
	memcpy(library->soname, object->soname, sizeof(library->soname));
	for (size_t i = 0; i < family->n_names; i++)
		library->symbols[i] = dlsym(handle, family->names[i]);
	return library;
}

/* The library mapped at object, added when it is new.  Without a lock, so that a fork finds none
 * taken: of two threads that add the same one, the second lets go of its own. */
static struct hook_library *library_at(struct hook_family *family, const struct object *object)
{
	struct hook_library *added = NULL;

	for (size_t i = 0; i < HOOK_MAX_LIBRARIES; i++) {
		struct hook_library *present = atomic_load(&family->libraries[i]);
		if (!present) {
			if (!added)
				added = library_new(family, object);
			if (!added)
				return NULL;
			if (atomic_compare_exchange_strong(&family->libraries[i], &present, added))
				return added;
		}
		if (present->start == object->start) {
			free(added);
			return present;
		}
	}
	free(added);
	return NULL;
}

static void remember(
	struct hook_family *family, const struct object *caller, struct hook_library *library)
{
	if (atomic_load(&family->n_callers) >= HOOK_MAX_CALLERS)
		return;
	const size_t i = atomic_fetch_add(&family->n_callers, 1);
	if (i >= HOOK_MAX_CALLERS)
		return;
	family->callers[i].start = caller->start;
	family->callers[i].end = caller->end;
	family->callers[i].target = library;
	atomic_store_explicit(&family->callers[i].ready, true, memory_order_release);
}

struct hook_call hook_resolve(struct hook_family *family, uintptr_t address)
{
	struct object caller, target;
	const bool known = object_at(address, &caller);

	if (!known) /* code made at run time: it called through the global scope */
		caller.is_main = true;

	void *symbol = find_symbol(&caller, family->names[0]);
	struct hook_library *library = symbol && object_at((uintptr_t)symbol, &target)
					       ? library_at(family, &target)
					       : NULL;
	dlerror(); /* what was looked for in vain is not the program's to read */
	if (!library)
		return (struct hook_call){0};
	if (known)
		remember(family, &caller, library);
	return (struct hook_call){library, address >= library->start && address < library->end};
}
