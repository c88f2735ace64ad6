// SPDX-License-Identifier: Apache-2.0
// The search as it stands in the URL, written as Jaeger's page writes it, and what a pasted id may look like.

export const LIMIT_DEFAULT = 100; // traces shown
const FIELDS = ["service", "operation", "tags", "minDuration", "maxDuration", "lookback", "start", "end", "limit"];

// Text of tags, key=value key="with blanks", from the URL's tags={"key":"value"} and tag=key:value.
function tagsText(params) {
	const pairs = [];
	for (const text of params.getAll("tags")) {
		try {
			pairs.push(...Object.entries(JSON.parse(text)));
		} catch {
			pairs.push(...Object.entries(parseTags(text)));
		}
	}
	for (const text of params.getAll("tag")) {
		const colon = text.indexOf(":");
		pairs.push([text.slice(0, colon), text.slice(colon + 1)]);
	}
	return pairs.map(([key, value]) => `${quoteTag(key)}=${quoteTag(String(value))}`).join(" ");
}

function quoteTag(text) {
	return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function unquoteTag(text) {
	if (!text.startsWith('"')) {
		return text;
	}
	try {
		return JSON.parse(text);
	} catch {
		return text.slice(1, -1);
	}
}

// key=value pairs as an object; a key alone means key=true.
export function parseTags(text) {
	const tags = {};
	for (const match of text.matchAll(/("(?:[^"\\]|\\.)*"|[^\s"=]+)(?:=("(?:[^"\\]|\\.)*"|\S*))?/g)) {
		tags[unquoteTag(match[1])] = match[2] === undefined ? "true" : unquoteTag(match[2]);
	}
	return tags;
}

export function readSearch(text) {
	const params = new URLSearchParams(text);
	const search = Object.fromEntries(FIELDS.map((name) => [name, params.get(name) || ""]));
	search.tags = tagsText(params);
	search.sort = params.get("sort") || "newest";
	if (search.service === "all") {
		search.service = "";
	}
	if (search.lookback !== "custom" && search.lookback !== "") {
		search.start = search.end = "";
	} else if (search.start || search.end) {
		search.lookback = "custom";
	}
	return search;
}

export function writeSearch(search) {
	const params = new URLSearchParams();
	for (const name of FIELDS) {
		if (name === "tags" ? search.tags.trim() : search[name]) {
			params.set(name, name === "tags" ? JSON.stringify(parseTags(search.tags)) : search[name]);
		}
	}
	if (search.sort !== "newest") {
		params.set("sort", search.sort);
	}
	const text = params.toString();
	return `/search${text ? `?${text}` : ""}`;
}

// The same search for the API; it counts up to `most` traces.
export function apiQuery(search, most, now = Date.now()) {
	const span = parseLookback(search.lookback);
	const custom = search.lookback === "custom";
	const min = custom && search.start ? new Date(Number(search.start) / 1000) : new Date(span ? now - span : 0);
	const max = custom && search.end ? new Date(Number(search.end) / 1000) : new Date(Date.UTC(2200, 0));
	const query = new URLSearchParams({
		"query.start_time_min": min.toISOString(),
		"query.start_time_max": max.toISOString(),
		"query.num_traces": String(most),
	});
	for (const [name, parameter] of [["service", "query.service_name"], ["operation", "query.operation_name"],
		["minDuration", "query.duration_min"], ["maxDuration", "query.duration_max"]]) {
		if (search[name]) {
			query.set(parameter, search[name]);
		}
	}
	if (search.tags.trim()) {
		query.set("query.attributes", JSON.stringify(parseTags(search.tags)));
	}
	return query.toString();
}

// "15m", "1h", "2d" in ms; 0: everything
function parseLookback(text) {
	const match = /^(\d+)(s|m|h|d|w)$/.exec(text);
	return match ? Number(match[1]) * {s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3}[match[2]] : 0;
}

// Where a pasted text leads: an id in hex, a traceparent, a URL or a line of a log with one of them.
export function pathOfPasted(text) {
	const pasted = text.trim();
	const parent = /\b[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\b/i.exec(pasted);
	if (parent) {
		return `/trace/${parent[1].toLowerCase()}?uiFind=${parent[2].toLowerCase()}`;
	}
	const url = /\/trace\/([0-9a-f]{1,32}(?:\.\.\.[0-9a-f]{1,32})?)([?#]\S*)?/i.exec(pasted);
	if (url) {
		const find = new URLSearchParams((url[2] || "").replace(/^[?#]/, "")).get("uiFind");
		return `/trace/${url[1].toLowerCase()}${find ? `?uiFind=${encodeURIComponent(find)}` : ""}`;
	}
	const long = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/i.exec(pasted.replaceAll("-", ""));
	const id = long ? long[0] : /^[0-9a-f]{1,32}$/i.test(pasted) ? pasted : "";
	return id ? `/trace/${id.toLowerCase()}` : "";
}
