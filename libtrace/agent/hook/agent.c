/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c - starts and ends the agent in a program without tracing code.
 *
 * The constructor creates the provider, which the program's own spans (if any) use too, since both
 * share libtrace-c.so.  At exit the remaining spans are sent, within a time limit. */
#include "hook/agent.h"
#include "hook/hook.h"
#include <libtrace/semconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct agent agent;
static struct lt_provider *provider;

static struct lt_tracer *tracer(const char *library)
{
	char scope[64];

	snprintf(scope, sizeof(scope), "libtrace-agent/%s", library);
	return lt_tracer_get_scope(
		provider, &(struct lt_instrumentation_scope){.name = lt_slice(scope),
				  .version = lt_slice(LT_VERSION),
				  .schema_url = lt_slice(LT_SEMCONV_SCHEMA_URL)});
}

__attribute__((constructor)) static void start(void)
{
	if (lt_provider_global() || lt_provider_new(NULL, &provider))
		return;
	lt_provider_set_global(provider);

	const struct settings settings = settings_init();
	agent.response_headers = settings.response_headers;
	agent.comments_queries = settings.comments_queries;
	agent.has_environment_parent =
		lt_extract_with_baggage(lt_environment_carrier(), NULL, &agent.environment_parent,
			&agent.environment_baggage) == 0;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		hook_families[i]->setting = settings.hooks[i].word;
		if (!settings.hooks[i].is_off)
			hook_families[i]->tracer = tracer(hook_families[i]->library);
	}

	lt_provider_shutdown_at_exit(provider, settings.exit_timeout_ms);
}
