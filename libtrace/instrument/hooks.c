/* SPDX-License-Identifier: Apache-2.0 */
#include "hooks.h"
#include "libraries.h"
#include "program.h"
#include "say.h"
#include "util/config.h"
#include "util/slice.h"
#include <stdio.h>
#include <string.h>

enum topic { SERVER, CLIENT, CONTEXT };

/* CONTEXT has no topic of its own. */
static const char *const topics[] = {[SERVER] = "server", [CLIENT] = "client"};

/* What --doctor needs of a hook's table. */
struct hook {
	enum topic topic;
	const char *library;			    /* what sonames begin with: "libcurl" */
	const char *also;			    /* another such name; NULL: none */
	const char *(*refuses)(const char *soname); /* NULL: none is refused */
	const char *setting; /* the variable that may switch it off; NULL: none */
};

#define HOOK_REFUSES(id, function) const char *function(const char *soname);
#include <hook_tables.h>

static const struct hook hooks[HOOK_COUNT] = {
#define HOOK(id, kind, soname, ...) [HOOK_##id].topic = kind, [HOOK_##id].library = soname,
#define HOOK_ALSO(id, soname) [HOOK_##id].also = soname,
#define HOOK_REFUSES(id, function) [HOOK_##id].refuses = function,
#define HOOK_SETTING(id, variable, ...) [HOOK_##id].setting = variable,
#include <hook_tables.h>
};

static bool is_named(const char *name, const char *library)
{
	return lt_starts_with(name, library) &&
	       (name[strlen(library)] == '.' || name[strlen(library)] == '-');
}

static bool is_of(const struct hook *hook, const char *name)
{
	return is_named(name, hook->library) || (hook->also && is_named(name, hook->also));
}

static bool is_off(const struct hook *hook)
{
	return hook->setting && lt_slice_is_word(lt_config_text(hook->setting), "false");
}

/* A file's name may have more numbers than the soname: "libh2o-evloop.so.0.13.5". */
static const char *refusal(const struct hook *hook, const char *file)
{
	char name[sizeof(((struct library *)NULL)->name)];

	if (!hook->refuses)
		return NULL;
	snprintf(name, sizeof(name), "%s", file);
	const char *refused = hook->refuses(name), *last = refused;
	for (char *dot; last && (dot = strrchr(name, '.'));) {
		*dot = '\0';
		last = hook->refuses(name);
	}
	return last ? refused : NULL;
}

/* Prints what is traced of one library, of which there may be several flavours; returns whether
 * anything is.  ret_printed: whether there was anything to print. */
static bool examine_hook(size_t i, const struct program *program, const struct library *libraries,
	int n, bool *ret_printed)
{
	const struct hook *hook = &hooks[i];
	const char *topic = topics[hook->topic];
	bool found = false;

	*ret_printed = false;
	for (int j = 0; j < n; j++) {
		const struct library *library = &libraries[j];
		if (!is_of(hook, library->name))
			continue;
		*ret_printed = true;
		const char *refused = refusal(hook, library->name);
		if (refused) {
			say(topic, "no: it has %s, and %s", library->name, refused);
		} else if (is_off(hook)) {
			say(topic, "no: it has %s, and %s is false", library->name, hook->setting);
		} else {
			say(topic, "yes: %s (%s)", library->name, library->path);
			found = true;
		}
	}
	if (!*ret_printed && program->defines[i]) {
		*ret_printed = true;
		say(topic, "no: %s is linked into it statically; link it shared", hook->library);
	}
	return found;
}

/* All libraries for spans of a kind. */
static bool examine_topic(enum topic topic, const struct program *program,
	const struct library *libraries, int n, const char *absent)
{
	char missing[256] = "";
	size_t len = 0;
	bool found = false, printed_any = false, printed;

	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (hooks[i].topic != topic)
			continue;
		found |= examine_hook(i, program, libraries, n, &printed);
		printed_any |= printed;
		if (len < sizeof(missing))
			len += (size_t)snprintf(missing + len, sizeof(missing) - len, "%s%s",
				len ? ", " : "", hooks[i].library);
	}
	if (!printed_any)
		say(topics[topic], "%s %s", absent, missing);
	return found;
}

bool hooks_say(
	const struct program *program, const struct library *libraries, int n, const char *absent)
{
	bool serves = examine_topic(SERVER, program, libraries, n, absent);
	bool asks = examine_topic(CLIENT, program, libraries, n, absent);

	return serves || asks;
}

bool hooks_has(const char *name)
{
	bool has = false;

	for (size_t i = 0; i < HOOK_COUNT; i++)
		has |= is_of(&hooks[i], name);
	return has;
}

const char hooks_libraries[] =
#define LIBRARY_OF_SERVER(library) " " library
#define LIBRARY_OF_CLIENT(library) " " library
#define LIBRARY_OF_CONTEXT(library)
#define HOOK(id, kind, library, ...) LIBRARY_OF_##kind(library)
#include <hook_tables.h>
	;
