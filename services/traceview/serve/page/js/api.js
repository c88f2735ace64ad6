// SPDX-License-Identifier: Apache-2.0
// Requests to the server that this page came from. With a path prefix all paths start with `base`.

export const base = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

export async function getText(path) {
	const response = await fetch(base + path, {headers: {accept: "application/json"}});
	const text = await response.text();
	if (!response.ok) {
		throw Object.assign(new Error(reasonIn(text) || `status ${response.status}`), {status: response.status});
	}
	return text;
}

export async function getJson(path) {
	return JSON.parse(await getText(path));
}

// The `data` of Jaeger's API, which has null for an empty list.
export async function getList(path) {
	return (await getJson(path)).data || [];
}

function reasonIn(text) {
	try {
		const body = JSON.parse(text);
		return body.errors ? body.errors[0].msg : body.error.message;
	} catch {
		return "";
	}
}

export function getStats() {
	return getJson("/api/traceview/stats");
}

// OTLP's TracesData, as text.
export function getTraceText(id) {
	return getText(`/api/v3/traces/${encodeURIComponent(id)}`);
}

const REFRESH_MS = 2000;
const REFRESH_COST = 20; // times what the last refresh took: a large answer is requested less often

// Calls refresh() when spans have come in, as long as the page is seen.
export function keepFresh(refresh) {
	let received = null;
	async function turn() {
		const began = performance.now();
		try {
			if (!document.hidden) {
				const stats = await getStats();
				if (received !== null && stats.receivedSpans !== received) {
					await refresh(stats);
				}
				received = stats.receivedSpans;
			}
		} catch {
			// the server may be restarting: what is shown stays
		}
		setTimeout(turn, Math.max(REFRESH_MS, REFRESH_COST * (performance.now() - began)));
	}
	turn();
}
