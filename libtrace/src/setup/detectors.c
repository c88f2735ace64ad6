/* SPDX-License-Identifier: Apache-2.0 */
/* detectors.c - what the process can find out about itself and what it runs on.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/#resource-detector-name
 *         https://opentelemetry.io/docs/specs/semconv/resource/
 */
#include "setup/detectors.h"

#include "setup/detector_texts.h"
#include "util/config.h"
#include "util/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <libtrace/instrumentation.h>
#include <libtrace/semconv.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_MAX_BYTES 65536 /* what follows is not read */
#define MACHINE_ID_LEN 32

/* The start of a file; empty where there is none.  To be freed. */
static struct lt_slice read_file(const char *path)
{
	char *text = malloc(FILE_MAX_BYTES);
	size_t len = 0;
	int fd = text ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	for (ssize_t n = fd >= 0; n > 0 && len < FILE_MAX_BYTES; len += (size_t)n) {
		n = read(fd, text + len, FILE_MAX_BYTES - len);
		if (n < 0)
			n = 0;
	}
	if (fd >= 0)
		close(fd);
	return (struct lt_slice){text, len};
}

static void free_file(struct lt_slice text)
{
	free((char *)text.ptr);
}

/* --- each of them ------------------------------------------------------------------------- */

static void set_service(struct lt_resource *resource)
{
	lt_resource_set(resource, lt_strn(LT_SERVICE_NAME, lt_config_text("OTEL_SERVICE_NAME")));
	lt_resource_set_instance_id(resource);
}

static void set_process(struct lt_resource *resource)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n > 0) {
		path[n] = '\0';
		lt_resource_set(resource, lt_str(LT_PROCESS_EXECUTABLE_PATH, path));
	}
	lt_resource_set(
		resource, lt_str(LT_PROCESS_EXECUTABLE_NAME, program_invocation_short_name));
	lt_resource_set(resource, lt_int(LT_PROCESS_PID, getpid()));
}

/* The conventions' names of uname's machines; others as they are. */
static const char *arch_of(const char *machine)
{
	static const char *const names[][2] = {{"x86_64", "amd64"}, {"aarch64", "arm64"},
		{"i686", "x86"}, {"armv7l", "arm32"}, {"ppc64le", "ppc64"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	}
	return machine;
}

/* Of containers it is absent or empty. */
static void set_machine_id(struct lt_resource *resource)
{
	struct lt_slice file = read_file("/etc/machine-id"), id = lt_slice_trim(file);
	if (id.len == MACHINE_ID_LEN)
		lt_resource_set(resource, lt_strn(LT_HOST_ID, id));
	free_file(file);
}

static void set_os_type(struct lt_resource *resource)
{
	lt_resource_set(resource, lt_str(LT_OS_TYPE, "linux"));
}

static void set_host(struct lt_resource *resource)
{
	struct utsname host;
	if (uname(&host) == 0) {
		lt_resource_set(resource, lt_str(LT_HOST_NAME, host.nodename));
		lt_resource_set(resource, lt_str(LT_HOST_ARCH, arch_of(host.machine)));
	}
	set_machine_id(resource);
	set_os_type(resource);
}

static void set_os(struct lt_resource *resource)
{
	static const char *const names[][2] = {{"NAME", LT_OS_NAME}, {"VERSION_ID", LT_OS_VERSION},
		{"PRETTY_NAME", LT_OS_DESCRIPTION}};
	char value[256];
	struct lt_slice file = read_file("/etc/os-release");
	set_os_type(resource);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (lt_os_release_value(file, names[i][0], value, sizeof(value)))
			lt_resource_set(resource, lt_str(names[i][1], value));
	}
	free_file(file);
}

static void set_container(struct lt_resource *resource)
{
	struct lt_slice cgroup = read_file("/proc/self/cgroup"), id;
	struct lt_slice mountinfo = read_file("/proc/self/mountinfo");
	if (lt_cgroup_container_id(cgroup, &id) || lt_mountinfo_container_id(mountinfo, &id))
		lt_resource_set(resource, lt_strn(LT_CONTAINER_ID, id));
	free_file(cgroup);
	free_file(mountinfo);
}

/* The first that is set. */
static void set_from_variables(
	struct lt_resource *resource, const char *key, const char *const names[3])
{
	struct lt_slice value = {NULL, 0};
	for (int i = 0; i < 3 && !value.ptr && names[i]; i++)
		value = lt_config_text(names[i]);
	lt_resource_set(resource, lt_strn(key, value));
}

/* By the downward API, under names that are usual, or as the kubelet sets them up. */
static void set_k8s(struct lt_resource *resource)
{
	if (!lt_config_text("KUBERNETES_SERVICE_HOST").ptr)
		return;
	struct lt_slice file = read_file("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
	if (file.len)
		lt_resource_set(resource, lt_strn(LT_K8S_NAMESPACE_NAME, lt_slice_trim(file)));
	free_file(file);
	set_from_variables(resource, LT_K8S_NAMESPACE_NAME,
		(const char *const[]){"K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "POD_NAMESPACE"});
	set_from_variables(
		resource, LT_K8S_POD_NAME, (const char *const[]){"HOSTNAME", NULL, NULL});
	set_from_variables(resource, LT_K8S_POD_NAME,
		(const char *const[]){"K8S_POD_NAME", "K8S_POD", "POD_NAME"});
	set_from_variables(
		resource, LT_K8S_POD_UID, (const char *const[]){"K8S_POD_UID", "POD_UID", NULL});
	set_from_variables(resource, LT_K8S_NODE_NAME,
		(const char *const[]){"K8S_NODE_NAME", "K8S_NODE", "NODE_NAME"});
	set_from_variables(resource, LT_K8S_CONTAINER_NAME,
		(const char *const[]){"K8S_CONTAINER_NAME", NULL, NULL});
}

/* --- the interface ------------------------------------------------------------------------ */

struct built_in {
	struct lt_resource_detector super;
	struct lt_resource_detector_impl impl;
	void (*set)(struct lt_resource *resource);
};

static int detect(struct lt_resource_detector *self, struct lt_resource **ret_resource)
{
	struct lt_resource *resource = lt_resource_begin();
	if (!resource)
		return -ENOMEM;
	((struct built_in *)self)->set(resource);
	if (!resource->attrs.n) {
		lt_resource_free(resource);
		return -ENOENT;
	}
	resource->schema_url = lt_slice(LT_SEMCONV_SCHEMA_URL);
	*ret_resource = lt_resource_end(resource);
	return 0;
}

#define BUILT_IN(index, function)                                                                  \
	{                                                                                          \
		{&built_in[index].impl}, {#function, detect}, set_##function                       \
	}
static struct built_in built_in[] = {BUILT_IN(0, service), BUILT_IN(1, process), BUILT_IN(2, host),
	BUILT_IN(3, os), BUILT_IN(4, container), BUILT_IN(5, k8s)};
#define N_BUILT_IN (sizeof(built_in) / sizeof(built_in[0]))

struct lt_resource_detector *lt_resource_detector(const char *name)
{
	for (size_t i = 0; i < N_BUILT_IN; i++) {
		if (strcmp(name, built_in[i].impl.name) == 0)
			return &built_in[i].super;
	}
	return NULL;
}

bool lt_resource_detect_named(struct lt_resource *resource, struct lt_slice name)
{
	for (size_t i = 0; i < N_BUILT_IN; i++) {
		if (lt_slice_is_word(name, built_in[i].impl.name)) {
			built_in[i].set(resource);
			return true;
		}
	}
	return false;
}

int lt_resource_detect(
	struct lt_resource_detector *const *detectors, size_t n, struct lt_resource **ret_resource)
{
	struct lt_resource *resource = lt_resource_begin(), *part;
	if (!resource)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int err = detectors[i]->impl->detect(detectors[i], &part);
		if (err && err != -ENOENT)
			lt_report(LT_LEVEL_WARN, "the resource detector %s has failed: %s",
				detectors[i]->impl->name, strerror(-err));
		if (err)
			continue;
		lt_resource_add(resource, part);
		lt_resource_free(part);
	}
	*ret_resource = lt_resource_end(resource);
	return 0;
}
