/* SPDX-License-Identifier: Apache-2.0 */
#include "preload.h"
#include "detour.h"
#include "gate/gate.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENT "libtrace-agent.so"
#define RELAY "libtrace-relay"

/* The agent's folder relative to that of this program's file: as configured ("../lib",
 * "../lib/x86_64-linux-gnu"), the usual ones, and in the build tree. */
static const char *const places[] = {LIBRARY_FOLDER, "../lib", "../lib64", "../agent"};

static int own_folder(char folder[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	if (len < 0)
		return -errno;
	folder[len] = '\0';
	*strrchr(folder, '/') = '\0';
	return 0;
}

static int find(char path[PATH_MAX])
{
	const char *named = getenv("LIBTRACE_AGENT");
	char folder[PATH_MAX], candidate[2 * PATH_MAX];

	if (named && *named)
		return realpath(named, path) ? 0 : -ENOENT;
	int err = own_folder(folder);
	for (size_t i = 0; !err && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s/" AGENT, folder, places[i]);
		if (realpath(candidate, path))
			return 0;
	}
	return err ? err : -ENOENT;
}

int preload_find_agent(char path[PATH_MAX])
{
	int err = find(path);

	return !err && link_is_needed(path) ? link_make(path) : err;
}

bool preload_has_musl(void)
{
	char agent[PATH_MAX], core[2 * PATH_MAX];

	if (find(agent))
		return false;
	*(strrchr(agent, '/') + 1) = '\0';
	snprintf(core, sizeof(core), "%s" GATE_MUSL_FOLDER GATE_CORE_FILE, agent);
	return access(core, R_OK) == 0;
}

int preload_find_relay(char path[PATH_MAX])
{
	static const char *const beside[] = {
		".", "../relay"}; /* installed, and in the build tree */
	char folder[PATH_MAX], candidate[2 * PATH_MAX];

	int err = own_folder(folder);
	for (size_t i = 0; !err && i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s/" RELAY, folder, beside[i]);
		if (realpath(candidate, path))
			return 0;
	}
	return err ? err : -ENOENT;
}

const char *preload_explain(int err)
{
	return err == -ENOENT
		       ? "libtrace-agent.so is not where it was installed: set "
			 "LIBTRACE_AGENT to its path"
		       : "LD_PRELOAD cannot name libtrace-agent.so, whose path has a blank, a "
			 "colon or a $, and no link to it can be made in /tmp/libtrace-UID "
			 "(owned by another user?): install it elsewhere, or set "
			 "LIBTRACE_AGENT";
}

int preload_add(const char *agent)
{
	const char *present = getenv("LD_PRELOAD");
	size_t len = strlen(agent);

	if (!present || !*present)
		return setenv("LD_PRELOAD", agent, 1) ? -errno : 0;
	for (const char *entry = present; (entry = strstr(entry, agent)); entry += len) {
		if ((entry == present || strchr(" :", entry[-1])) &&
			(!entry[len] || strchr(" :", entry[len])))
			return 0;
	}
	char *value;
	if (asprintf(&value, "%s:%s", present, agent) < 0)
		return -ENOMEM;
	int err = setenv("LD_PRELOAD", value, 1) ? -errno : 0;
	free(value);
	return err;
}
