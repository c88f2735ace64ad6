/* SPDX-License-Identifier: Apache-2.0 */
/* An object's import is a slot that the dynamic linker fills: at load time, or at the first call,
 * until when it points back into the object.  Without RTLD_DEEPBIND the dynamic linker itself
 * writes the gate's function there, so nothing changes for an object that was bound in the usual
 * way. */
#include "gate/rebind.h"
#include "gate/elf.h"
#include "gate/real.h"
#include "gate/wrapped.h"
#include <sys/mman.h>

#if defined(__x86_64__)
#define SLOT_OF_CALL R_X86_64_JUMP_SLOT
#define SLOT_OF_DATA R_X86_64_GLOB_DAT
#define SLOT_ANYWHERE R_X86_64_64
#elif defined(__aarch64__)
#define SLOT_OF_CALL R_AARCH64_JUMP_SLOT
#define SLOT_OF_DATA R_AARCH64_GLOB_DAT
#define SLOT_ANYWHERE R_AARCH64_ABS64
#endif

/* Hidden aliases of the gate's functions, since a library before it may define the public names. */
extern char gate_dlsym[], gate_dlvsym[], gate_dlclose[];
extern void *const gate_functions[WRAPPED_COUNT];

enum { DLSYM = WRAPPED_COUNT, DLVSYM, DLCLOSE, N_NAMES };

static const char *const others[] = {"dlsym", "dlvsym", "dlclose"};

static const char *name_of(unsigned i)
{
	return i < WRAPPED_COUNT ? wrapped_names[i] : others[i - WRAPPED_COUNT];
}

static unsigned find_name(const char *name)
{
	unsigned i = WRAPPED_COUNT;

	if (name[0] != 'd')
		return (i = wrapped_find(name)) == WRAPPED_COUNT ? N_NAMES : i;
	while (i < N_NAMES && !elf_same(name_of(i), name))
		i++;
	return i;
}

static void *own_function(unsigned i)
{
	switch (i) {
	case DLSYM:
		return gate_dlsym;
	case DLVSYM:
		return gate_dlvsym;
	case DLCLOSE:
		return gate_dlclose;
	default:
		return gate_functions[i];
	}
}

struct first {
	const char *name;
	void *function;
};

static bool find_first(const struct elf_object *object, void *user)
{
	struct first *first = user;

	first->function = elf_symbol(object, first->name);
	return first->function;
}

/* Whether the name resolves to the gate in the whole process: the program or a library preloaded
 * before the gate may define it, too. */
static bool is_ours(unsigned i)
{
	enum { UNKNOWN, OURS, ANOTHERS };
	static atomic_uchar known[N_NAMES]; /* nothing is ever inserted before the gate */
	unsigned char answer = atomic_load(&known[i]);

	if (answer == UNKNOWN) {
		struct first first = {.name = name_of(i)};
		elf_each(find_first, &first);
		answer = first.function == own_function(i) ? OURS : ANOTHERS;
		atomic_store(&known[i], answer);
	}
	return answer == OURS;
}

/* Whether its page has been read-only since relocation: RELRO, rounded to whole pages as by the
 * dynamic linker. */
static bool is_protected(const struct elf_object *object, uintptr_t page, size_t page_bytes)
{
	for (unsigned i = 0; i < object->info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->info->dlpi_phdr[i];
		uintptr_t from = object->base + segment->p_vaddr;
		if (segment->p_type == PT_GNU_RELRO && page + page_bytes > from &&
			page + page_bytes <= from + segment->p_memsz)
			return true;
	}
	return false;
}

static void write_slot(const struct elf_object *object, _Atomic(uintptr_t) *slot, uintptr_t value)
{
	int (*protect)(void *, size_t, int) = real_symbol("mprotect");
	int (*get_page_bytes)(void) = real_symbol("getpagesize");

	if (!protect || !get_page_bytes)
		return;
	size_t page_bytes = (size_t)get_page_bytes();
	uintptr_t page = (uintptr_t)slot & ~(uintptr_t)(page_bytes - 1);
	if (!is_protected(object, page, page_bytes)) {
		atomic_store(slot, value);
	} else if (protect((void *)page, page_bytes, PROT_READ | PROT_WRITE) == 0) {
		atomic_store(slot, value);
		protect((void *)page, page_bytes, PROT_READ);
	}
}

struct imports {
	const struct elf_object *object;
	const ElfW(Sym) *symbols;
	const char *strings;
	bool is_symbolic; /* prefers its own */
};

static void rebind_slot(const struct imports *imports, const ElfW(Rela) *relocation)
{
	const ElfW(Sym) *symbol = &imports->symbols[ELF64_R_SYM(relocation->r_info)];
	unsigned type = ELF64_R_TYPE(relocation->r_info);
	const struct elf_object *object = imports->object;

	if ((type != SLOT_OF_CALL && type != SLOT_OF_DATA && type != SLOT_ANYWHERE) ||
		ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ||
		(imports->is_symbolic && symbol->st_shndx != SHN_UNDEF))
		return;
	unsigned name = find_name(imports->strings + symbol->st_name);
	if (name == N_NAMES || !is_ours(name))
		return;
	_Atomic(uintptr_t) *slot = (_Atomic(uintptr_t) *)(object->base + relocation->r_offset);
	uintptr_t current = atomic_load(slot);
	/* For a call's slot the addend is irrelevant. */
	uintptr_t wanted = (uintptr_t)own_function(name) +
			   (type == SLOT_ANYWHERE ? (uintptr_t)relocation->r_addend : 0);
	if (current && current != wanted)
		write_slot(object, slot, wanted);
}

static void rebind_table(const struct imports *imports, int64_t table_tag, int64_t bytes_tag)
{
	const ElfW(Rela) *table = elf_dynamic_pointer(imports->object, table_tag);
	size_t n = elf_dynamic_value(imports->object, bytes_tag) / sizeof(*table);

	for (size_t i = 0; table && i < n; i++) {
		if (ELF64_R_SYM(table[i].r_info))
			rebind_slot(imports, &table[i]);
	}
}

struct range {
	unsigned first, end;
	uint64_t n_unloaded;
	bool is_stale;
};

static bool rebind_object(const struct elf_object *object, void *user)
{
	struct range *range = user;
	struct imports imports = {.object = object};

	/* Read where the list of objects cannot change, unlike before it. */
	if (object->info->dlpi_subs != range->n_unloaded) {
		range->is_stale = true;
		return true;
	}
	if (object->index < range->first || object->index >= range->end)
		return false;
	imports.symbols = elf_dynamic_pointer(object, DT_SYMTAB);
	imports.strings = elf_dynamic_pointer(object, DT_STRTAB);
	imports.is_symbolic = elf_dynamic_value(object, DT_FLAGS) & DF_SYMBOLIC;
	if (!imports.symbols || !imports.strings)
		return false;
	if (elf_dynamic_value(object, DT_PLTREL) == DT_RELA)
		rebind_table(&imports, DT_JMPREL, DT_PLTRELSZ);
	rebind_table(&imports, DT_RELA, DT_RELASZ);
	return false;
}

bool rebind_objects(unsigned first, unsigned end, uint64_t n_unloaded)
{
	struct range range = {first, end, n_unloaded, false};

	elf_each(rebind_object, &range);
	return !range.is_stale;
}
