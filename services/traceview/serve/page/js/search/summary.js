// SPDX-License-Identifier: Apache-2.0
// Summaries of traces as the results show them.

import {getJson} from "../api.js";
import {apiQuery} from "../url.js";

export const MOST = 1500; // the server's limit of one search

export const SORTS = {
	newest: ["newest first", (a, b) => b.startMs - a.startMs],
	longest: ["longest first", (a, b) => b.durationNs - a.durationNs],
	shortest: ["shortest first", (a, b) => a.durationNs - b.durationNs],
	spans: ["most spans first", (a, b) => b.spans - a.spans],
	errors: ["most errors first", (a, b) => b.errors - a.errors || b.startMs - a.startMs],
};

function readSummary(summary) {
	const start = BigInt(summary.minStartTimeUnixNano);
	return {
		id: summary.traceId,
		service: summary.rootServiceName,
		operation: summary.rootOperationName || "",
		startMs: Number(start / 1000n) / 1000,
		durationNs: Math.max(0, Number(BigInt(summary.maxEndTimeUnixNano) - start)),
		spans: summary.spanCount || 0,
		errors: summary.errorSpanCount || 0,
		orphans: summary.orphanSpanCount || 0,
		services: summary.services.map((service) => ({name: service.name, spans: service.spanCount || 0,
			errors: service.errorSpanCount || 0})).sort((a, b) => b.spans - a.spans),
	};
}

export async function findTraces(search) {
	const body = await getJson(`/api/v3/trace-summaries?${apiQuery(search, MOST)}`);
	return body.summaries.map(readSummary);
}
