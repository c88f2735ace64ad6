/* SPDX-License-Identifier: Apache-2.0 */
/* environment.c - the environment as a carrier: read at a process's start, written for a child.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/context/env-carriers/
 */
#include "util/slice.h"

#include <errno.h>
#include <libtrace/propagation.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64 /* of a key's variable; the longest that a propagator has is 17 */

struct lt_environment {
	char **vars; /* each allocated; NULL at the end */
	size_t n;
};

/* Upper case, other characters `_`, no digit at the start; false for one that is too long. */
static bool normalise(const char *key, char name[NAME_MAX_BYTES])
{
	size_t n = 0;
	if (!*key || lt_is_digit(*key))
		name[n++] = '_';
	for (; *key; key++) {
		char c = *key;
		if (n == NAME_MAX_BYTES - 1)
			return false;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		name[n++] = (c >= 'A' && c <= 'Z') || lt_is_digit(c) ? c : '_';
	}
	name[n] = '\0';
	return true;
}

/* The variable's place, or the end. */
static char **find(const struct lt_environment *environment, const char *name)
{
	size_t len = strlen(name);
	char **var = environment->vars;
	while (*var && (strncmp(*var, name, len) != 0 || (*var)[len] != '='))
		var++;
	return var;
}

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	char name[NAME_MAX_BYTES];
	const char *value = NULL;
	if (index > 0 || !normalise(key, name))
		return false;
	if (!carrier) {
		value = secure_getenv(name);
	} else {
		const char *var = *find(carrier, name);
		if (var)
			value = var + strlen(name) + 1;
	}
	if (!value)
		return false;
	*ret_value = lt_slice(value);
	return true;
}

static int set(void *carrier, const char *key, const char *value)
{
	struct lt_environment *environment = carrier;
	char name[NAME_MAX_BYTES];
	if (!environment || !normalise(key, name))
		return -EINVAL;
	size_t name_len = strlen(name), value_len = strlen(value);
	char *var = malloc(name_len + 1 + value_len + 1);
	if (!var)
		return -ENOMEM;
	memcpy(var, name, name_len);
	var[name_len] = '=';
	memcpy(var + name_len + 1, value, value_len + 1);
	char **place = find(environment, name);
	if (!*place) {
		char **grown = realloc(environment->vars, (environment->n + 2) * sizeof(*grown));
		if (!grown) {
			free(var);
			return -ENOMEM;
		}
		environment->vars = grown;
		place = &grown[environment->n++];
		place[1] = NULL;
	} else {
		free(*place);
	}
	*place = var;
	return 0;
}

int lt_environment_new(char *const *vars, struct lt_environment **ret_environment)
{
	struct lt_environment *environment = calloc(1, sizeof(*environment));
	size_t n = 0;
	if (!vars)
		vars = environ;
	while (vars && vars[n])
		n++;
	if (!environment || !(environment->vars = calloc(n + 1, sizeof(*vars)))) {
		free(environment);
		return -ENOMEM;
	}
	for (; environment->n < n; environment->n++) {
		char *copy = strdup(vars[environment->n]);
		if (!copy) {
			lt_environment_free(environment);
			return -ENOMEM;
		}
		environment->vars[environment->n] = copy;
	}
	*ret_environment = environment;
	return 0;
}

void lt_environment_free(struct lt_environment *environment)
{
	if (!environment)
		return;
	for (size_t i = 0; i < environment->n; i++)
		free(environment->vars[i]);
	free(environment->vars);
	free(environment);
}

char **lt_environment_vars(struct lt_environment *environment)
{
	return environment->vars;
}

const struct lt_carrier_impl *lt_environment_carrier(void)
{
	static const struct lt_carrier_impl impl = {get, set};
	return &impl;
}
