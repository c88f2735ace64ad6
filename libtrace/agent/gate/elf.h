/* SPDX-License-Identifier: Apache-2.0 */
/* elf.h - loaded objects and their symbols, read in memory.  Uses no function of libc but
 * dl_iterate_phdr(), and that only where it exists. */
#ifndef LT_AGENT_ELF_H
#define LT_AGENT_ELF_H

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A loaded object. */
struct elf_object {
	const struct dl_phdr_info *info; /* the dynamic linker's; valid during elf_each() only */
	uintptr_t base;			 /* base of its addresses */
	uintptr_t start, end;		 /* where it is mapped */
	unsigned index;			 /* 0: the program itself */
};

/** Calls visit for each object in load order until it returns true; returns whether it did. */
bool elf_each(bool (*visit)(const struct elf_object *object, void *user), void *user);

/** Whether an object is the gate, which contains this code. */
bool elf_is_own(const struct elf_object *object);

/** How many objects have been loaded and unloaded; false: the dynamic linker does not tell. */
bool elf_changes(uint64_t *ret_loaded, uint64_t *ret_unloaded);

/** The address of a function or an object's data that the object defines; NULL: none. */
void *elf_symbol(const struct elf_object *object, const char *name);

/** The entry of that tag in the object's dynamic section; 0: none. */
uint64_t elf_dynamic_value(const struct elf_object *object, int64_t tag);

/** The same as a pointer into the object; NULL: none. */
const void *elf_dynamic_pointer(const struct elf_object *object, int64_t tag);

bool elf_same(const char *a, const char *b);

bool elf_starts_with(const char *text, const char *prefix);

#endif
