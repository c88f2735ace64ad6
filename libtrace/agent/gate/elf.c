/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html,
 * https://sourceware.org/legacy-ml/binutils/2006-10/msg00377.html (DT_GNU_HASH). */
#include "gate/elf.h"

/* Weak and without a version: any C library's will do, and none is required. */
__typeof__(dl_iterate_phdr) dl_iterate_phdr __attribute__((weak));

struct walk {
	bool (*visit)(const struct elf_object *object, void *user);
	void *user;
	unsigned index;
};

bool elf_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool elf_starts_with(const char *text, const char *prefix)
{
	while (*prefix && *prefix == *text) {
		prefix++;
		text++;
	}
	return !*prefix;
}

static int visit_next(struct dl_phdr_info *info, size_t size, void *user)
{
	struct walk *walk = user;
	struct elf_object object = {.info = info,
		.base = info->dlpi_addr,
		.start = UINTPTR_MAX,
		.index = walk->index++};

	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t from = object.base + segment->p_vaddr;
		if (segment->p_type != PT_LOAD)
			continue;
		if (from < object.start)
			object.start = from;
		if (from + segment->p_memsz > object.end)
			object.end = from + segment->p_memsz;
	}
	return walk->visit(&object, walk->user);
}

bool elf_each(bool (*visit)(const struct elf_object *object, void *user), void *user)
{
	struct walk walk = {.visit = visit, .user = user};

	return dl_iterate_phdr && dl_iterate_phdr(visit_next, &walk);
}

struct changes {
	uint64_t loaded, unloaded;
	bool known;
};

static int read_changes(struct dl_phdr_info *info, size_t size, void *user)
{
	struct changes *changes = user;

	changes->known = size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(info->dlpi_subs);
	if (changes->known) {
		changes->loaded = info->dlpi_adds;
		changes->unloaded = info->dlpi_subs;
	}
	return 1; /* all objects have the same */
}

bool elf_is_own(const struct elf_object *object)
{
	uintptr_t here = (uintptr_t)&elf_is_own;

	return here >= object->start && here < object->end;
}

bool elf_changes(uint64_t *ret_loaded, uint64_t *ret_unloaded)
{
	struct changes changes = {.known = false};

	if (!dl_iterate_phdr || !dl_iterate_phdr(read_changes, &changes) || !changes.known)
		return false;
	*ret_loaded = changes.loaded;
	*ret_unloaded = changes.unloaded;
	return true;
}

static const ElfW(Dyn) *dynamic_section(const struct elf_object *object)
{
	for (unsigned i = 0; i < object->info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->info->dlpi_phdr[i];
		if (segment->p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)(object->base + segment->p_vaddr);
	}
	return NULL;
}

/* glibc has relocated most objects' pointers, other C libraries none. */
static const void *pointer(const struct elf_object *object, uint64_t value)
{
	return (const void *)(uintptr_t)(value < object->base ? object->base + value : value);
}

uint64_t elf_dynamic_value(const struct elf_object *object, int64_t tag)
{
	const ElfW(Dyn) *entry = dynamic_section(object);

	for (; entry && entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == tag)
			return entry->d_un.d_val;
	}
	return 0;
}

const void *elf_dynamic_pointer(const struct elf_object *object, int64_t tag)
{
	uint64_t value = elf_dynamic_value(object, tag);

	return value ? pointer(object, value) : NULL;
}

struct symbols {
	const ElfW(Sym) *table;
	const char *strings;
	const ElfW(Half) *versions; /* NULL: none */
	const uint32_t *gnu_hash, *sysv_hash;
};

static struct symbols read_symbols(const struct elf_object *object)
{
	struct symbols symbols = {.table = NULL};
	const ElfW(Dyn) *entry = dynamic_section(object);

	for (; entry && entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
		case DT_SYMTAB:
			symbols.table = pointer(object, entry->d_un.d_ptr);
			break;
		case DT_STRTAB:
			symbols.strings = pointer(object, entry->d_un.d_ptr);
			break;
		case DT_VERSYM:
			symbols.versions = pointer(object, entry->d_un.d_ptr);
			break;
		case DT_GNU_HASH:
			symbols.gnu_hash = pointer(object, entry->d_un.d_ptr);
			break;
		case DT_HASH:
			symbols.sysv_hash = pointer(object, entry->d_un.d_ptr);
			break;
		default:
			break;
		}
	}
	return symbols;
}

static void *address_of(
	const struct elf_object *object, const struct symbols *symbols, size_t i, const char *name)
{
	enum { HIDDEN = 0x8000 }; /* an old version, kept for objects that request it */
	const ElfW(Sym) *symbol = &symbols->table[i];
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ||
		(type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE) ||
		(symbols->versions && (symbols->versions[i] & HIDDEN)) ||
		!elf_same(symbols->strings + symbol->st_name, name))
		return NULL;
	return (void *)(object->base + symbol->st_value);
}

static void *find_gnu(
	const struct elf_object *object, const struct symbols *symbols, const char *name)
{
	const uint32_t *hash_table = symbols->gnu_hash;
	uint32_t n_buckets = hash_table[0], first = hash_table[1], n_bloom = hash_table[2],
		 bloom_shift = hash_table[3];
	const ElfW(Addr) *bloom = (const ElfW(Addr) *)&hash_table[4];
	const uint32_t *buckets = (const uint32_t *)&bloom[n_bloom];
	const uint32_t *chains = &buckets[n_buckets];
	unsigned word_bits = 8 * sizeof(ElfW(Addr));
	uint32_t hash = 5381;

	for (const char *p = name; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	const ElfW(Addr) word = bloom[hash / word_bits & (n_bloom - 1)];
	if (!(word >> (hash % word_bits) & word >> ((hash >> bloom_shift) % word_bits) & 1))
		return NULL;
	for (uint32_t i = buckets[hash % n_buckets]; i >= first && i; i++) {
		uint32_t chained = chains[i - first];
		void *found =
			((chained ^ hash) >> 1) == 0 ? address_of(object, symbols, i, name) : NULL;
		if (found || (chained & 1))
			return found;
	}
	return NULL;
}

static void *find_sysv(
	const struct elf_object *object, const struct symbols *symbols, const char *name)
{
	const uint32_t *hash_table = symbols->sysv_hash;
	uint32_t n_buckets = hash_table[0];
	const uint32_t *buckets = &hash_table[2], *chains = &buckets[n_buckets];
	uint32_t hash = 0;

	for (const char *p = name; *p; p++) {
		hash = (hash << 4) + (unsigned char)*p;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
	}
	for (uint32_t i = n_buckets ? buckets[hash % n_buckets] : 0; i; i = chains[i]) {
		void *found = address_of(object, symbols, i, name);
		if (found)
			return found;
	}
	return NULL;
}

void *elf_symbol(const struct elf_object *object, const char *name)
{
	const struct symbols symbols = read_symbols(object);

	if (!symbols.table || !symbols.strings)
		return NULL;
	if (symbols.gnu_hash && symbols.gnu_hash[0])
		return find_gnu(object, &symbols, name);
	return symbols.sysv_hash ? find_sysv(object, &symbols, name) : NULL;
}
