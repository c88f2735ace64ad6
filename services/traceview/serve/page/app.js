// SPDX-License-Identifier: Apache-2.0
// The page: a list of the newest traces at / and /search, one trace at /trace/{id}.
// Whatever comes out of a trace is put into the page as text, never as markup.
"use strict";

const LIST_LIMIT = 100; // traces
const LIST_REFRESH_MS = 5000;
const ROWS_AT_ONCE = 1000; // spans; a button shows more
const N_COLORS = 8; // .c0 to .c7

const main = document.getElementById("main");
const serviceSelect = document.getElementById("service");

// Makes an element: make("p", {className: "quiet"}, "text", child, ...)
function make(tag, properties, ...children) {
	const element = document.createElement(tag);
	Object.assign(element, properties);
	element.append(...children);
	return element;
}

async function getJson(path) {
	const response = await fetch(path, {headers: {accept: "application/json"}});
	const body = await response.json();
	if (!response.ok) {
		const error = body.errors ? body.errors[0].msg : body.error.message;
		throw new Error(error);
	}
	return body;
}

function showError(error) {
	main.replaceChildren(make("p", {className: "error"}, String(error.message || error)));
}

// Three digits: 1.82 s, 300 ms, 12.5 µs.
function formatDuration(us) {
	if (us >= 3600e6) {
		return `${Math.floor(us / 3600e6)} h ${Math.floor(us / 60e6) % 60} m`;
	}
	if (us >= 60e6) {
		return `${Math.floor(us / 60e6)} m ${Math.floor(us / 1e6) % 60} s`;
	}
	const [value, unit] = us >= 999500 ? [us / 1e6, "s"] : us >= 999.5 ? [us / 1e3, "ms"] : [us, "µs"];
	const digits = unit === "µs" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	return `${value.toFixed(digits)} ${unit}`;
}

function formatAge(us) {
	const seconds = Math.max(0, Math.round(Date.now() / 1000 - us / 1e6));
	if (seconds < 120) {
		return `${seconds} s ago`;
	}
	return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : new Date(us / 1000).toLocaleString();
}

function plural(n, word) {
	return `${n} ${word}${n === 1 ? "" : "s"}`;
}

// --- the list ----------------------------------------------------------------------------------

function listRow(summary) {
	const start = Number(summary.minStartTimeUnixNano) / 1000;
	const duration = Number(BigInt(summary.maxEndTimeUnixNano) - BigInt(summary.minStartTimeUnixNano)) / 1000;
	const others = summary.services.map((service) => service.name).filter((name) => name !== summary.rootServiceName);
	const errors = summary.errorSpanCount || 0;
	const link = make("a", {href: `/trace/${summary.traceId}`}, summary.rootOperationName || "(no name)");
	return make("tr", {},
		make("td", {}, summary.rootServiceName,
			make("span", {className: "quiet"}, others.length ? ` → ${others.join(", ")}` : "")),
		make("td", {}, link),
		make("td", {className: "number"}, String(summary.spanCount)),
		make("td", {className: "number"}, formatDuration(duration)),
		make("td", {className: errors ? "number error" : "number quiet"}, String(errors)),
		make("td", {className: "number quiet", title: new Date(start / 1000).toISOString()}, formatAge(start)));
}

function listTable(summaries) {
	const heads = [["Service"], ["Operation"], ["Spans", "number"], ["Duration", "number"], ["Errors", "number"],
		["Age", "number"]];
	return make("table", {className: "traces"},
		make("thead", {}, make("tr", {}, ...heads.map(([text, className]) =>
			make("th", {scope: "col", className: className || ""}, text)))),
		make("tbody", {}, ...summaries.map(listRow)));
}

async function fillServices(selected) {
	const names = (await getJson("/api/services")).data;
	if (selected && !names.includes(selected)) {
		names.push(selected);
	}
	const present = [...serviceSelect.options].slice(1).map((option) => option.value);
	if (JSON.stringify(present) !== JSON.stringify(names)) {
		serviceSelect.replaceChildren(make("option", {value: ""}, "all"),
			...names.map((name) => make("option", {value: name}, name)));
	}
	serviceSelect.value = selected || "";
}

async function drawList() {
	const asked = new URLSearchParams(location.search);
	const query = new URLSearchParams({
		"query.start_time_min": "1970-01-01T00:00:00Z",
		"query.start_time_max": "2200-01-01T00:00:00Z",
		"query.num_traces": asked.get("limit") || String(LIST_LIMIT),
	});
	for (const [name, parameter] of [["service", "query.service_name"], ["operation", "query.operation_name"],
		["minDuration", "query.duration_min"], ["maxDuration", "query.duration_max"],
		["tags", "query.attributes"]]) {
		if (asked.get(name)) {
			query.set(parameter, asked.get(name));
		}
	}
	await fillServices(asked.get("service"));
	const summaries = (await getJson(`/api/v3/trace-summaries?${query}`)).summaries;
	document.title = "traceview";
	main.replaceChildren(
		make("h1", {}, "Newest traces"),
		summaries.length ? listTable(summaries) : make("p", {className: "quiet"},
			"None yet. Programs send theirs by OTLP/HTTP to port 4318, path /v1/traces, unless told otherwise."));
}

async function keepListFresh() {
	if (!document.hidden) {
		await drawList().catch(showError);
	}
	setTimeout(keepListFresh, LIST_REFRESH_MS);
}

// --- one trace -----------------------------------------------------------------------------------

// Spans in reading order, each with its depth: children below their parents, sorted by start.  A
// span whose parent is missing, or whose parents form a cycle, is a root with a note.
function treeOrder(spans) {
	const sorted = [...spans].sort((a, b) => a.startTime - b.startTime || b.duration - a.duration);
	const byId = new Map(sorted.map((span) => [span.spanID, span]));
	const children = new Map(sorted.map((span) => [span, []]));
	const roots = [];
	for (const span of sorted) {
		const reference = span.references.find((ref) => ref.refType === "CHILD_OF" && ref.traceID === span.traceID);
		const parent = reference && byId.get(reference.spanID);
		if (parent && parent !== span) {
			children.get(parent).push(span);
		} else {
			roots.push([span, reference ? "its parent is missing" : ""]);
		}
	}
	const lines = [];
	const placed = new Set();
	const placeTree = (root, note) => {
		const stack = [{span: root, depth: 0, note}];
		while (stack.length) {
			const line = stack.pop();
			if (placed.has(line.span)) {
				continue;
			}
			placed.add(line.span);
			lines.push(line);
			for (const child of [...children.get(line.span)].reverse()) {
				stack.push({span: child, depth: line.depth + 1, note: ""});
			}
		}
	};
	roots.forEach(([span, note]) => placeTree(span, note));
	sorted.filter((span) => !placed.has(span)).forEach((span) => placeTree(span, "its parents form a cycle"));
	return lines;
}

function tagOf(span, key) {
	const tag = span.tags.find((candidate) => candidate.key === key);
	return tag && tag.value;
}

function factTable(tags) {
	return make("table", {className: "facts"}, make("tbody", {}, ...tags.map((tag) =>
		make("tr", {}, make("th", {scope: "row"}, tag.key), make("td", {}, String(tag.value))))));
}

function section(title, tags) {
	return tags.length ? [make("h2", {}, title), factTable(tags)] : [];
}

function referenceFacts(references) {
	return references.map((ref) => ({
		key: ref.refType === "CHILD_OF" ? "parent" : "link",
		value: ref.refType === "CHILD_OF" ? ref.spanID : `trace ${ref.traceID} span ${ref.spanID}`,
	}));
}

function detail({span, note}, view) {
	const process = view.processes[span.processID];
	const facts = [{key: "span id", value: span.spanID},
		{key: "start", value: `${formatDuration(span.startTime - view.start)} into the trace, ` +
			new Date(span.startTime / 1000).toISOString()},
		{key: "duration", value: formatDuration(span.duration)},
		...referenceFacts(span.references), ...(note ? [{key: "note", value: note}] : [])];
	const events = span.logs.flatMap((log) => {
		const name = log.fields.find((field) => field.key === "event");
		const title = `Event at ${formatDuration(log.timestamp - view.start)}: ${name ? name.value : ""}`;
		const fields = log.fields.filter((field) => field !== name);
		return fields.length ? section(title, fields) : [make("h2", {}, title)];
	});
	return make("div", {className: "detail"}, factTable(facts), ...section("Attributes", span.tags), ...events,
		...section(`Resource: ${process.serviceName}`, process.tags));
}

function percent(part, whole) {
	return `${whole > 0 ? (100 * part) / whole : 0}%`;
}

function track(span, view) {
	const from = span.startTime - view.start;
	const share = view.duration > 0 ? span.duration / view.duration : 1;
	const element = make("span", {className: "track"}, make("span", {className: "bar"}),
		make("span", {className: "time"}, formatDuration(span.duration)));
	if (share > 0.8) {
		element.classList.add("full");
	} else if (from + span.duration > 0.85 * view.duration) {
		element.classList.add("late");
	}
	element.style.setProperty("--from", percent(from, view.duration));
	element.style.setProperty("--length", view.duration > 0 ? percent(span.duration, view.duration) : "100%");
	return element;
}

function spanRow(line, view) {
	const span = line.span;
	const service = view.processes[span.processID].serviceName;
	const isError = tagOf(span, "error") === true;
	const kind = tagOf(span, "span.kind");
	const reason = isError ? tagOf(span, "error.type") || tagOf(span, "otel.status_description") || "error" : "";
	const label = make("span", {className: "label", title: `${service}: ${span.operationName}`},
		make("span", {className: `swatch c${view.colors.get(service)}`}),
		span.operationName, " ",
		make("span", {className: "service"}, [service, kind].filter(Boolean).join(" · ")),
		make("span", {className: "error"}, reason ? `  ✗ ${reason}` : ""),
		make("span", {className: "quiet"}, line.note ? `  (${line.note})` : ""));
	label.style.setProperty("--depth", String(Math.min(line.depth, 25)));
	const row = make("button", {type: "button",
		className: `row c${view.colors.get(service)}${isError ? " is-error" : ""}`}, label, track(span, view));
	row.setAttribute("aria-expanded", "false");
	row.addEventListener("click", () => {
		const isOpen = row.getAttribute("aria-expanded") === "true";
		row.setAttribute("aria-expanded", String(!isOpen));
		if (isOpen) {
			row.nextElementSibling.remove();
		} else {
			row.after(detail(line, view));
		}
	});
	return row;
}

function axis(view) {
	const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => make("span", {}, formatDuration(share * view.duration)));
	return make("div", {className: "axis"}, make("span", {}, "Span"), make("span", {className: "ticks"}, ...ticks));
}

// Adds rows to a list, and a button for more when there are many.
function addRows(list, lines, from, view) {
	const to = Math.min(lines.length, from + ROWS_AT_ONCE);
	list.append(...lines.slice(from, to).map((line) => spanRow(line, view)));
	if (to < lines.length) {
		const more = make("button", {type: "button"}, `Show more: ${lines.length - to} spans are left`);
		more.addEventListener("click", () => {
			more.remove();
			addRows(list, lines, to, view);
		});
		list.append(more);
	}
}

function drawTrace(trace) {
	const lines = treeOrder(trace.spans);
	const start = trace.spans.reduce((least, span) => Math.min(least, span.startTime), Infinity);
	const end = trace.spans.reduce((most, span) => Math.max(most, span.startTime + span.duration), 0);
	const view = {processes: trace.processes, start, duration: end - start, colors: new Map()};
	for (const line of lines) {
		const service = view.processes[line.span.processID].serviceName;
		if (!view.colors.has(service)) {
			view.colors.set(service, view.colors.size % N_COLORS);
		}
	}
	const errors = trace.spans.filter((span) => tagOf(span, "error") === true).length;
	const root = lines[0].span;
	const list = make("div", {});
	addRows(list, lines, 0, view);
	document.title = `${root.operationName} – traceview`;
	main.replaceChildren(
		make("h1", {}, `${view.processes[root.processID].serviceName}: ${root.operationName}`),
		make("div", {}, make("span", {className: "mono"}, trace.traceID), " · ",
			plural(trace.spans.length, "span"), " · ", formatDuration(view.duration), " · ",
			new Date(start / 1000).toLocaleString(),
			make("span", {className: "error"}, errors ? ` · ${plural(errors, "error")}` : ""), " · ",
			make("a", {href: `/api/traces/${trace.traceID}`}, "JSON")),
		make("div", {className: "services"}, ...[...view.colors].map(([service, color]) =>
			make("span", {className: `c${color}`}, make("span", {className: "swatch"}), service))),
		axis(view), list);
}

async function showTrace(id) {
	await fillServices("");
	drawTrace((await getJson(`/api/traces/${encodeURIComponent(id)}`)).data[0]);
}

// --- start -----------------------------------------------------------------------------------------

document.getElementById("find").addEventListener("submit", (event) => {
	const id = document.getElementById("trace-id").value.trim();
	if (id) {
		event.preventDefault();
		location.assign(`/trace/${encodeURIComponent(id)}`);
	}
});
serviceSelect.addEventListener("change", () => serviceSelect.form.submit());

if (location.pathname.startsWith("/trace/")) {
	showTrace(decodeURIComponent(location.pathname.slice("/trace/".length))).catch(showError);
} else {
	keepListFresh();
}
