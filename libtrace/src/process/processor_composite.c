/* SPDX-License-Identifier: Apache-2.0 */
/* processor_composite.c - several processors in one, which share each ended span.
 *
 * A span's n_holders, which nobody uses any more when it has ended, counts the processors that still
 * have it: the last one that recycles it frees it.
 */
#include "trace/processor.h"
#include "trace/span.h"
#include "util/clock.h"

#include <errno.h>

#define NS_PER_MS UINT64_C(1000000)

struct member {
	struct lt_processor *processor;
	bool is_over; /* its shutdown has returned something else than -ETIMEDOUT */
};

struct composite {
	struct lt_processor super;
	size_t n;
	struct member members[];
};

static void on_start(
	struct lt_processor *self, struct lt_span *span, const struct lt_span_context_view *parent)
{
	struct composite *composite = (struct composite *)self;
	for (size_t i = 0; i < composite->n; i++) {
		struct lt_processor *processor = composite->members[i].processor;
		if (processor->impl->on_start)
			processor->impl->on_start(processor, span, parent);
	}
}

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct composite *composite = (struct composite *)self;
	atomic_store_explicit(&span->n_holders, (unsigned)composite->n, memory_order_relaxed);
	for (size_t i = 0; i < composite->n; i++) {
		struct lt_processor *processor = composite->members[i].processor;
		if (processor->impl->on_end)
			processor->impl->on_end(processor, span);
		else
			lt_span_recycle(span);
	}
}

/* An equal part for each of the n that are still to come, so that one that hangs does not take the
 * time of those behind it. */
static unsigned share_ms(uint64_t deadline_ns, size_t n)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	return now_ns < deadline_ns ? (unsigned)((deadline_ns - now_ns) / NS_PER_MS / n) : 0;
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	struct composite *composite = (struct composite *)self;
	uint64_t deadline_ns = lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	int first_err = 0;
	for (size_t i = 0; i < composite->n; i++) {
		struct lt_processor *processor = composite->members[i].processor;
		int err = 0;
		if (processor->impl->flush)
			err = processor->impl->flush(
				processor, share_ms(deadline_ns, composite->n - i));
		if (!first_err)
			first_err = err;
	}
	return first_err;
}

/* -ETIMEDOUT where one of them is stuck, whatever became of the others: nothing may be freed. */
static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	struct composite *composite = (struct composite *)self;
	uint64_t deadline_ns = lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	int result = 0;
	for (size_t i = 0; i < composite->n; i++) {
		struct member *member = &composite->members[i];
		const struct lt_processor_impl *impl = member->processor->impl;
		int err = 0;
		if (!member->is_over && impl->shutdown)
			err = impl->shutdown(
				member->processor, share_ms(deadline_ns, composite->n - i));
		member->is_over = err != -ETIMEDOUT;
		if (!result || err == -ETIMEDOUT)
			result = err;
	}
	return result;
}

static size_t read_metrics(
	struct lt_processor *self, struct lt_processor_metrics *metrics, size_t max)
{
	struct composite *composite = (struct composite *)self;
	size_t n = 0;
	for (size_t i = 0; i < composite->n; i++)
		n += lt_processor_read_metrics(
			composite->members[i].processor, metrics + n, max - n);
	return n;
}

static void free_composite(struct lt_processor *self)
{
	struct composite *composite = (struct composite *)self;
	for (size_t i = 0; i < composite->n; i++)
		lt_processor_free(composite->members[i].processor);
	free(composite);
}

int lt_processor_composite_new(
	struct lt_processor *const *processors, size_t n, struct lt_processor **ret_processor)
{
	static const struct lt_processor_impl impl = {.on_start = on_start,
		.on_end = on_end,
		.flush = flush,
		.shutdown = shut_down,
		.free = free_composite,
		.metrics = read_metrics};
	struct composite *composite = NULL;
	if (n && n <= LT_PROCESSORS_MAX)
		composite = calloc(1, sizeof(*composite) + n * sizeof(composite->members[0]));
	if (!composite) {
		for (size_t i = 0; i < n; i++)
			lt_processor_free(processors[i]);
		return n && n <= LT_PROCESSORS_MAX ? -ENOMEM : -EINVAL;
	}
	composite->super.impl = &impl;
	composite->n = n;
	for (size_t i = 0; i < n; i++)
		composite->members[i].processor = processors[i];
	*ret_processor = &composite->super;
	return 0;
}
