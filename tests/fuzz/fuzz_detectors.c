/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_detectors.c - the files of the system that resource detectors read. */
#include "fuzz.h"
#include "setup/detector_texts.h"

#include <stdlib.h>

static void check_id(struct lt_slice text, struct lt_slice id)
{
	if (id.ptr < text.ptr || id.len != 64 || id.ptr + id.len > text.ptr + text.len)
		abort();
	for (size_t i = 0; i < id.len; i++) {
		if (!strchr("0123456789abcdef", id.ptr[i]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1); /* its end is seen by the sanitizer */
	char value[16];
	memcpy(copy, data, size);
	struct lt_slice text = {copy, size}, id;
	if (lt_cgroup_container_id(text, &id))
		check_id(text, id);
	if (lt_mountinfo_container_id(text, &id))
		check_id(text, id);
	if (lt_os_release_value(text, "NAME", value, sizeof(value)) &&
		(strlen(value) == 0 || strlen(value) >= sizeof(value)))
		abort();
	free(copy);
	return 0;
}
