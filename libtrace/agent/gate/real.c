/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/real.h"
#include "gate/elf.h"
#include <dlfcn.h>

/* Before glibc 2.34 dlopen is in a separate library, which a program may lack. */
#define OLD_LIBRARY "libdl.so.2"
#define OLD_OPEN "__libc_dlopen_mode"
#define OLD_OPEN_MODE 0x80000000u /* glibc's __RTLD_DLOPEN, without which it refuses */

#define PATH_MAX_BYTES 4096

struct search {
	const char *name;
	bool is_past_self;
	void *found;
	unsigned n_found;
};

/* Only objects after this gate: those before it (a sanitizer, another preloaded library) may wrap
 * us. */
static bool look(const struct elf_object *object, void *user)
{
	struct search *search = user;

	if (!search->is_past_self) {
		search->is_past_self = elf_is_own(object);
		return false;
	}
	void *found = elf_symbol(object, search->name);
	if (!found || elf_symbol(object, GATE_MARK))
		return false;
	if (search->n_found++ == 0)
		search->found = found;
	return false;
}

static bool look_first(const struct elf_object *object, void *user)
{
	look(object, user);
	return ((struct search *)user)->found;
}

void *real_symbol(const char *name)
{
	struct search search = {.name = name};

	elf_each(look_first, &search);
	return search.found;
}

unsigned real_count(const char *name)
{
	struct search search = {.name = name};

	elf_each(look, &search);
	return search.n_found;
}

int *real_errno(void)
{
	static int none;
	int *(*locate)(void) = real_symbol("__errno_location");

	return locate ? locate() : &none;
}

bool real_dynamic_linker(struct dynamic_linker *ret_linker)
{
	static struct dynamic_linker linker;
	static atomic_bool is_known;

	if (!atomic_load_explicit(&is_known, memory_order_acquire)) {
		void *(*old_open)(const char *, unsigned) = real_symbol(OLD_OPEN);
		/* Never closed, so that its functions may be kept. */
		if (old_open)
			old_open(OLD_LIBRARY, RTLD_LAZY | OLD_OPEN_MODE);
		struct dynamic_linker found = {.open = real_symbol("dlopen"),
			.symbol = real_symbol("dlsym"),
			.close = real_symbol("dlclose"),
			.error = real_symbol("dlerror")};
		if (!found.open || !found.symbol || !found.close || !found.error)
			return false;
		linker = found; /* concurrent threads write the same value */
		atomic_store_explicit(&is_known, true, memory_order_release);
	}
	*ret_linker = linker;
	return true;
}

struct place {
	uintptr_t address;
	bool is_gate, is_program;
	char path[PATH_MAX_BYTES]; /* as the dynamic linker knows it */
};

static bool find_place(const struct elf_object *object, void *user)
{
	struct place *place = user;
	const char *path = object->info->dlpi_name;
	size_t i = 0;

	if (place->address < object->start || place->address >= object->end)
		return false;
	place->is_gate = elf_symbol(object, GATE_MARK);
	place->is_program = object->index == 0;
	for (; path[i] && i + 1 < sizeof(place->path); i++)
		place->path[i] = path[i];
	place->path[path[i] ? 0 : i] = '\0'; /* too long a one is not cut */
	return true;
}

static bool is_gate_at(const struct elf_object *object, void *user)
{
	uintptr_t address = *(const uintptr_t *)user;

	return address >= object->start && address < object->end && elf_symbol(object, GATE_MARK);
}

bool real_is_gate(uintptr_t address)
{
	return elf_each(is_gate_at, &address);
}

static void *unless_gate(void *symbol)
{
	return symbol && !real_is_gate((uintptr_t)symbol) ? symbol : NULL;
}

static void *symbol_in(const struct dynamic_linker *linker, const char *path, const char *name)
{
	void *handle = linker->open(path, RTLD_LAZY | RTLD_NOLOAD);
	void *symbol = handle ? linker->symbol(handle, name) : NULL;

	/* The caller may still be unloaded later. */
	if (handle)
		linker->close(handle);
	return unless_gate(symbol);
}

void *real_in_scope(const char *name, uintptr_t caller)
{
	struct dynamic_linker linker;
	struct place place;
	void *symbol = NULL;

	place.address = caller;
	place.path[0] = '\0';
	/* Code made at run time calls through the global scope, as the program does. */
	place.is_program = true;
	elf_each(find_place, &place);
	if (real_dynamic_linker(&linker)) {
		if (!place.is_program && place.path[0])
			symbol = symbol_in(&linker, place.path, name);
		if (!symbol)
			symbol = unless_gate(linker.symbol(RTLD_NEXT, name));
		if (!symbol) /* hides our failed lookup from the program's dlerror() */
			linker.error();
	}
	return symbol;
}

void *real_find(const char *name, uintptr_t caller)
{
	void *symbol = real_in_scope(name, caller);

	/* The last resort, for an object that names no such library among its dependencies while
	 * none is in the global scope: a plugin's helper that relies on what the plugin brought. */
	return symbol ? symbol : real_symbol(name);
}
