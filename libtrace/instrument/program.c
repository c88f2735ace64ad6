/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"
#include "gate/gate.h"
#include "gate/wrapped.h"
#include "preload.h"
#include "util/slice.h"
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

#define SCRIPTS_MAX 4	   /* interpreters that are scripts themselves, as Linux allows */
#define LINE_MAX_BYTES 256 /* of a script's first line, likewise */

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

/* The bytes at offset, or NULL beyond the end of the file: offsets in a file are not trusted. */
static const void *at(const struct file *file, uint64_t offset, uint64_t size)
{
	return offset <= file->size && size <= file->size - offset ? file->bytes + offset : NULL;
}

static int check_named(const char *path)
{
	struct stat stat_of;

	if (stat(path, &stat_of))
		return -errno;
	if (S_ISDIR(stat_of.st_mode))
		return -EISDIR;
	return access(path, X_OK) ? -errno : 0;
}

/* Searches PATH as execvp() does: 0 and the path, or -ENOENT, -EACCES or -EISDIR. */
static int find_on_path(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");
	int err = -ENOENT;

	if (strchr(name, '/')) {
		if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
			return -ENAMETOOLONG;
		return check_named(path);
	}
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (;;) {
		int len = (int)strcspn(dirs, ":");
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

/* The interpreter of a script's first line; for "env NAME" the program NAME on PATH. */
static int find_interpreter(const struct file *file, char path[PATH_MAX])
{
	char line[LINE_MAX_BYTES] = "";
	size_t len = file->size < sizeof(line) ? file->size : sizeof(line) - 1;
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

/* A table's i-th entry, copied, as it may be unaligned; false beyond the end of the file. */
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
	const char *name, bool defined)
{
	ElfW(Shdr) strings;
	ElfW(Sym) symbol;
	size_t len = strlen(name) + 1;

	if (table->sh_link >= header->e_shnum ||
		!read_entry(file, header->e_shoff, table->sh_link, &strings, sizeof(strings)))
		return false;
	const char *text = at(file, strings.sh_offset, strings.sh_size);
	for (uint64_t i = 0; text && i < table->sh_size / sizeof(symbol) &&
			     read_entry(file, table->sh_offset, i, &symbol, sizeof(symbol));
		i++) {
		if ((symbol.st_shndx != SHN_UNDEF) == defined && symbol.st_name < strings.sh_size &&
			strings.sh_size - symbol.st_name >= len &&
			memcmp(text + symbol.st_name, name, len) == 0)
			return true;
	}
	return false;
}

/* Whether a function is defined in the file itself, or taken from another, by its dynamic or its
 * debugging symbols: by the first table of each kind, as valid files have one. */
static bool has_symbol(
	const struct file *file, const ElfW(Ehdr) *header, const char *name, bool defined)
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
		if (names_symbol(file, header, &section, name, defined))
			return true;
	}
	return false;
}

/* Copies the path in PT_INTERP; "" when there is none. */
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

static bool is_elf(const struct file *file, ElfW(Ehdr) *ret_header)
{
	return read_entry(file, 0, 0, ret_header, sizeof(*ret_header)) &&
	       memcmp(ret_header->e_ident, ELFMAG, SELFMAG) == 0;
}

static bool is_own_architecture(const ElfW(Ehdr) *header)
{
	return header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_machine == OWN_MACHINE;
}

static enum reach read_elf(
	const struct file *file, const struct stat *stat_of, struct program *program)
{
	ElfW(Ehdr) header;
	char own_linker[PATH_MAX];

	if (!is_elf(file, &header))
		return REACH_NO_ELF;
	if (!is_own_architecture(&header))
		return REACH_NO_ARCHITECTURE;
	read_linker(file, &header, program->dynamic_linker);
#define HOOK(id, ...)                                                                              \
	program->defines[HOOK_##id] =                                                              \
		has_symbol(file, &header, wrapped_names[WRAPPED_FIRST_##id], true);
#include <hook_tables.h>
	if (!program->dynamic_linker[0])
		return REACH_NO_STATIC;
	if (((stat_of->st_mode & S_ISUID) && stat_of->st_uid != geteuid()) ||
		((stat_of->st_mode & S_ISGID) && stat_of->st_gid != getegid()) ||
		getxattr(program->path, "security.capability", NULL, 0) > 0)
		return REACH_NO_SECURE;
	program_own_linker(own_linker);
	if (!own_linker[0] ||
		strcmp(base_name(own_linker), base_name(program->dynamic_linker)) == 0)
		return REACH_YES;
	if (!program_is_musl(program->dynamic_linker))
		return REACH_NO_LIBC;
	return preload_has_musl() ? REACH_YES : REACH_NO_MUSL;
}

/* Whether execvp() would pass the file to a shell, which accepts text only. */
static bool is_shell_script(const struct file *file)
{
	size_t len = file->size < LINE_MAX_BYTES ? file->size : LINE_MAX_BYTES;

	ElfW(Ehdr) header;

	return !is_elf(file, &header) && (!len || !memchr(file->bytes, '\0', len));
}

/* The next file to read, of a script; -Exxx when there is none. */
static int follow_script(const struct file *file, struct program *program)
{
	if (!program->script[0])
		strcpy(program->script, program->path);
	if (file->size >= 2 && memcmp(file->bytes, "#!", 2) == 0)
		return find_interpreter(file, program->path);
	strcpy(program->path, "/bin/sh");
	return 0;
}

static bool is_script(const struct file *file, int n_scripts)
{
	return (file->size >= 2 && memcmp(file->bytes, "#!", 2) == 0) ||
	       (n_scripts == 0 && is_shell_script(file));
}

int program_read(const char *name, struct program *ret_program, char ret_culprit[PATH_MAX])
{
	struct program program = {.script = ""};
	struct file file;
	struct stat stat_of;

	snprintf(ret_culprit, PATH_MAX, "%s", name);
	int err = find_on_path(name, program.path);
	for (int n_scripts = 0; !err; n_scripts++) {
		strcpy(ret_culprit, program.path);
		err = file_open(program.path, &file, &stat_of);
		if (err == -EACCES) { /* mode 0111: executable but not readable */
			program.reach = REACH_UNREADABLE;
			err = 0;
			break;
		}
		if (err)
			break;
		bool script = is_script(&file, n_scripts);
		if (script)
			err = n_scripts < SCRIPTS_MAX ? follow_script(&file, &program) : -ELOOP;
		else
			program.reach = read_elf(&file, &stat_of, &program);
		if (script && program.path[0])
			strcpy(ret_culprit, program.path);
		file_close(&file);
		if (!script)
			break;
	}
	if (!err)
		*ret_program = program;
	return err;
}

const char *program_complaint(int err)
{
	switch (err) {
	case -ENOENT:
		return "there is no such program";
	case -EISDIR:
		return "it is a folder, not a program";
	case -EACCES:
		return "it is not executable";
	case -ELOOP:
		return "it is a script whose interpreters are scripts, nested too deeply";
	case -ENOEXEC:
		return "its first line names no interpreter";
	default:
		return strerror(-err);
	}
}

const char *program_short_name(const char *path)
{
	return base_name(path);
}

struct later program_later(const char *path)
{
	static const char *const loads[] = {"dlopen", "dlmopen"};
	static const char *const starts[] = {"execve", "execv", "execvp", "execvpe", "execl",
		"execlp", "execle", "fexecve", "posix_spawn", "posix_spawnp", "system", "popen"};
	struct later later = {0};
	struct file file;
	ElfW(Ehdr) header;
	struct stat stat_of;

	if (file_open(path, &file, &stat_of))
		return later;
	if (is_elf(&file, &header) && is_own_architecture(&header)) {
		for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
			later.loads |= has_symbol(&file, &header, loads[i], false);
		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
			later.starts |= has_symbol(&file, &header, starts[i], false);
	}
	file_close(&file);
	return later;
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
		return "it is built for another processor than the agent";
	case REACH_NO_LIBC:
		return "it uses another C library than the agent";
	case REACH_NO_MUSL:
		return "it uses musl, and this agent was built without " GATE_MUSL_FOLDER;
	case REACH_NO_ELF:
		return "it is not in a format that Linux runs by itself";
	case REACH_UNREADABLE:
		return "its file may be run but not read, so its contents are unknown";
	}
	return NULL;
}

bool program_is_musl(const char *linker)
{
	return lt_starts_with(base_name(linker), "ld-musl-");
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
