/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.h - for owners of an exporter: a custom one may leave functions out. */
#ifndef LT_EXPORTER_H
#define LT_EXPORTER_H

#include <libtrace/sdk.h>

/** Exports the spans if it has an export function: 0 or -Exxx. */
static inline int lt_exporter_export(struct lt_exporter *exporter,
	const struct lt_span_data *const *spans, size_t n, unsigned timeout_ms)
{
	const struct lt_exporter_impl *impl = exporter->impl;
	return impl->export_spans ? impl->export_spans(exporter, spans, n, timeout_ms) : 0;
}

static inline int lt_exporter_flush(struct lt_exporter *exporter, unsigned timeout_ms)
{
	return exporter->impl->flush ? exporter->impl->flush(exporter, timeout_ms) : 0;
}

static inline int lt_exporter_shutdown(struct lt_exporter *exporter, unsigned timeout_ms)
{
	return exporter->impl->shutdown ? exporter->impl->shutdown(exporter, timeout_ms) : 0;
}

/** Frees an exporter of any kind; NULL is fine. */
static inline void lt_exporter_free(struct lt_exporter *exporter)
{
	if (exporter && exporter->impl->free)
		exporter->impl->free(exporter);
}

#endif
