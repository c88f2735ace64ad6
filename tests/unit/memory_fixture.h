/* SPDX-License-Identifier: Apache-2.0 */
/* memory_fixture.h - a provider, a tracer of it and the exporter in which its ended spans are at once, for
 * tcase_add_checked_fixture(). */
#ifndef MEMORY_FIXTURE_H
#define MEMORY_FIXTURE_H

#include "check_main.h"

static struct lt_exporter *exporter;
static struct lt_provider *provider;
static struct lt_tracer *tracer;

static void set_up(void)
{
	provider = memory_provider(&exporter, (struct lt_provider_options){0});
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void tear_down(void)
{
	lt_provider_free(provider);
}

#endif
