/* SPDX-License-Identifier: Apache-2.0 */
/* program.c - see program.h. */
#include "program.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_SCRIPTS 4	   /* interpreters that are scripts themselves, as Linux allows */
#define MAX_LINE_BYTES 256 /* of a script's first line, likewise */

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "libtrace-instrument knows x86_64 and aarch64"
#endif

struct file { /* mapped for reading */
	const unsigned char *bytes;
	size_t size;
};

static int file_open(const char *path, struct file *ret_file, struct stat *ret_stat)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fstat(fd, ret_stat) ? -errno : 0;
	void *bytes = MAP_FAILED;

	if (!err && ret_stat->st_size > 0) {
		bytes = mmap(NULL, (size_t)ret_stat->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		err = bytes == MAP_FAILED ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	if (err)
		return err;
	*ret_file = (struct file){bytes == MAP_FAILED ? NULL : bytes,
		bytes == MAP_FAILED ? 0 : (size_t)ret_stat->st_size};
	return 0;
}

static void file_close(struct file *file)
{
	if (file->bytes)
		munmap((void *)(uintptr_t)file->bytes, file->size);
}

/* The bytes from offset on, or NULL when the file ends before: a file may claim anything. */
static const void *at(const struct file *file, uint64_t offset, uint64_t size)
{
	return offset <= file->size && size <= file->size - offset ? file->bytes + offset : NULL;
}

/* As execvp() looks for it: 0 and the path, or -ENOENT, or -EACCES. */
static int find_on_path(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");
	int err = -ENOENT;

	if (strchr(name, '/')) {
		if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
			return -ENAMETOOLONG;
		return access(path, X_OK) ? -errno : 0;
	}
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (;;) {
		const int len = (int)strcspn(dirs, ":");
		struct stat stat_of;
		int n = snprintf(path, PATH_MAX, "%.*s/%s", len ? len : 1, len ? dirs : ".", name);
		if (n < PATH_MAX && stat(path, &stat_of) == 0 && S_ISREG(stat_of.st_mode)) {
			if (access(path, X_OK) == 0)
				return 0;
			err = -EACCES;
		}
		if (!dirs[len])
			return err;
		dirs += len + 1;
	}
}

/* The interpreter that a script's first line names; "env NAME" is what NAME is on PATH. */
static int find_interpreter(const struct file *file, char path[PATH_MAX])
{
	char line[MAX_LINE_BYTES] = "";
	const size_t len = file->size < sizeof(line) ? file->size : sizeof(line) - 1;
	char *rest;

	memcpy(line, file->bytes, len);
	line[strcspn(line, "\n")] = '\0';
	const char *word = strtok_r(line + 2, " \t", &rest);
	if (!word)
		return -ENOEXEC;
	const char *slash = strrchr(word, '/');
	if (strcmp(slash ? slash + 1 : word, "env") == 0) {
		do {
			word = strtok_r(NULL, " \t", &rest);
		} while (word && (word[0] == '-' || strchr(word, '=')));
		if (!word)
			return -ENOEXEC;
	}
	return find_on_path(word, path);
}

/* A table's i-th entry, copied, since it may lie anywhere; false when the file ends before. */
static bool read_entry(
	const struct file *file, uint64_t table, uint64_t i, void *ret_entry, size_t size)
{
	const void *entry = table <= file->size && i <= file->size / size
				    ? at(file, table + i * size, size)
				    : NULL;

	if (entry)
		memcpy(ret_entry, entry, size);
	return entry != NULL;
}

static bool names_symbol(const struct file *file, const ElfW(Ehdr) *header, const ElfW(Shdr) *table,
	const char *name)
{
	ElfW(Shdr) strings;
	ElfW(Sym) symbol;
	const size_t len = strlen(name) + 1;

	if (table->sh_link >= header->e_shnum ||
		!read_entry(file, header->e_shoff, table->sh_link, &strings, sizeof(strings)))
		return false;
	const char *text = at(file, strings.sh_offset, strings.sh_size);
	for (uint64_t i = 0; text && i < table->sh_size / sizeof(symbol) &&
			     read_entry(file, table->sh_offset, i, &symbol, sizeof(symbol));
		i++) {
		if (symbol.st_shndx != SHN_UNDEF && symbol.st_name < strings.sh_size &&
			strings.sh_size - symbol.st_name >= len &&
			memcmp(text + symbol.st_name, name, len) == 0)
			return true;
	}
	return false;
}

/* Whether a function is defined in the file itself, by its dynamic or its debugging symbols: by the
 * first table of each, as there is one, however many a file may claim to have. */
static bool defines(const struct file *file, const ElfW(Ehdr) *header, const char *name)
{
	bool has_all = false, has_dynamic = false;
	ElfW(Shdr) section;

	for (unsigned i = 0; i < header->e_shnum &&
			     read_entry(file, header->e_shoff, i, &section, sizeof(section));
		i++) {
		bool *has = section.sh_type == SHT_SYMTAB   ? &has_all
			    : section.sh_type == SHT_DYNSYM ? &has_dynamic
							    : NULL;
		if (!has || *has)
			continue;
		*has = true;
		if (names_symbol(file, header, &section, name))
			return true;
	}
	return false;
}

/* Copies what PT_INTERP names; "" when there is none. */
static void read_linker(const struct file *file, const ElfW(Ehdr) *header, char linker[PATH_MAX])
{
	ElfW(Phdr) segment;

	linker[0] = '\0';
	for (unsigned i = 0; i < header->e_phnum &&
			     read_entry(file, header->e_phoff, i, &segment, sizeof(segment));
		i++) {
		const char *text = segment.p_type == PT_INTERP
					   ? at(file, segment.p_offset, segment.p_filesz)
					   : NULL;
		if (text && segment.p_filesz < PATH_MAX)
			snprintf(linker, PATH_MAX, "%.*s", (int)segment.p_filesz, text);
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum reach read_elf(
	const struct file *file, const struct stat *stat_of, struct program *program)
{
	ElfW(Ehdr) header;
	char own_linker[PATH_MAX];

	if (!read_entry(file, 0, 0, &header, sizeof(header)) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return REACH_NO_ELF;
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != OWN_MACHINE)
		return REACH_NO_ARCHITECTURE;
	read_linker(file, &header, program->dynamic_linker);
	program->defines_h2o = defines(file, &header, "h2o_process_request");
	program->defines_curl = defines(file, &header, "curl_easy_perform");
	if (!program->dynamic_linker[0])
		return REACH_NO_STATIC;
	if (((stat_of->st_mode & S_ISUID) && stat_of->st_uid != geteuid()) ||
		((stat_of->st_mode & S_ISGID) && stat_of->st_gid != getegid()) ||
		getxattr(program->path, "security.capability", NULL, 0) > 0)
		return REACH_NO_SECURE;
	program_own_linker(own_linker);
	if (own_linker[0] && strcmp(base_name(own_linker), base_name(program->dynamic_linker)) != 0)
		return REACH_NO_LIBC;
	return REACH_YES;
}

int program_read(const char *name, struct program *ret_program)
{
	struct program program = {.script = ""};
	struct file file;
	struct stat stat_of;
	int err = find_on_path(name, program.path);

	for (int i = 0; !err; i++) {
		err = file_open(program.path, &file, &stat_of);
		if (err)
			break;
		if (file.size < 2 || memcmp(file.bytes, "#!", 2) != 0) {
			program.reach = read_elf(&file, &stat_of, &program);
			file_close(&file);
			break;
		}
		if (!program.script[0])
			strcpy(program.script, program.path);
		err = i < MAX_SCRIPTS ? find_interpreter(&file, program.path) : -ELOOP;
		file_close(&file);
	}
	if (!err)
		*ret_program = program;
	return err;
}

const char *program_reason(enum reach reach)
{
	switch (reach) {
	case REACH_YES:
		return NULL;
	case REACH_NO_STATIC:
		return "it is linked statically, so nothing can be loaded into it";
	case REACH_NO_SECURE:
		return "it is setuid, setgid or has file capabilities, so the dynamic linker "
		       "ignores LD_PRELOAD";
	case REACH_NO_ARCHITECTURE:
		return "it is made for another processor than the agent";
	case REACH_NO_LIBC:
		return "its C library is another one than the agent's";
	case REACH_NO_ELF:
		return "it is not an ELF program";
	}
	return NULL;
}

void program_own_linker(char linker[PATH_MAX])
{
	struct file file;
	struct stat stat_of;
	ElfW(Ehdr) header;

	linker[0] = '\0';
	if (file_open("/proc/self/exe", &file, &stat_of))
		return;
	if (read_entry(&file, 0, 0, &header, sizeof(header)))
		read_linker(&file, &header, linker);
	file_close(&file);
}
