// SPDX-License-Identifier: Apache-2.0
// The search: form, plot and results.

import {base, getList, getStats, keepFresh} from "../api.js";
import {assignColors} from "../color.js";
import {announce, make} from "../dom.js";
import {formatBytes, formatCount, plural} from "../format.js";
import {bindKeys} from "../keyboard.js";
import {LIMIT_DEFAULT, readSearch, writeSearch} from "../url.js";
import {firstSteps, nothingFound, sendButton} from "./empty.js";
import {makeForm, operationsOf} from "./form.js";
import {makeResults} from "./results.js";
import {makeScatter} from "./scatter.js";
import {findTraces, MOST, SORTS} from "./summary.js";

let search = readSearch(location.search);
let found = [];
let stats = null;
let brushed = null; // ids, or null
let drawn = 0; // the number of the newest request: answers of older ones are dropped

const chosen = new Set(); // to compare: the last two
const selection = {
	has: (id) => chosen.has(id),
	toggle(id, on) {
		chosen.delete(id);
		if (on) {
			chosen.add(id);
			if (chosen.size > 2) {
				chosen.delete([...chosen][0]);
			}
		}
		showList();
	},
};

const form = makeForm((values) => goTo({...values, sort: search.sort}));
const results = makeResults(selection);
const scatter = makeScatter({
	onselect(ids) {
		brushed = ids.length ? new Set(ids) : null;
		showList();
	},
	onhover: (id) => results.mark(id),
});
const sort = make("select", {"aria-label": "Order"}, Object.entries(SORTS).map(([value, [text]]) =>
	make("option", {value}, text)));
const count = make("h1", {className: "count"});
const tools = make("div", {className: "tools"});
const more = make("button", {type: "button", className: "more", hidden: true});
const kept = make("p", {className: "kept quiet"});
const send = make("span");
const empty = make("div");
const body = make("div", {className: "found"}, make("div", {className: "found-head"}, count, send, tools, sort),
	scatter.element, empty, results.element, more);

function limit() {
	return Math.max(1, Math.min(MOST, Number(search.limit) || LIMIT_DEFAULT));
}

function goTo(next, replace) {
	search = next;
	brushed = null;
	const url = base + writeSearch(search);
	if (url !== location.pathname + location.search) {
		history[replace ? "replaceState" : "pushState"](null, "", url);
	}
	refresh();
}

function setSort(value) {
	search = {...search, sort: value};
	history.replaceState(null, "", base + writeSearch(search));
	showList();
}

function showCount(n, shown) {
	const most = n === MOST ? `${formatCount(n)} or more` : formatCount(n);
	count.textContent = shown < n ? `${formatCount(shown)} of ${most} shown` : n === 1 ? "1 trace" : `${most} traces`;
}

function showTools() {
	const children = [];
	if (brushed) {
		children.push(make("button", {type: "button", className: "chip-button", onclick: () => {
			brushed = null;
			showList();
		}}, `${formatCount(brushed.size)} selected ✕`));
	}
	if (chosen.size === 2) {
		children.push(make("a", {className: "button primary", href: `${base}/trace/${[...chosen].join("...")}`},
			"Compare the two"));
	} else if (chosen.size === 1) {
		children.push(make("span", {className: "quiet"}, "choose another one to compare"));
	}
	tools.replaceChildren(...children);
}

function showList() {
	const matching = found.filter((trace) => !brushed || brushed.has(trace.id)).sort(SORTS[search.sort]
		? SORTS[search.sort][1] : SORTS.newest[1]);
	const shown = matching.slice(0, limit());
	sort.value = SORTS[search.sort] ? search.sort : "newest";
	results.show(shown);
	showCount(matching.length, shown.length);
	showTools();
	more.hidden = shown.length === matching.length;
	more.textContent = `Show ${formatCount(Math.min(LIMIT_DEFAULT, matching.length - shown.length))} more`;
	empty.replaceChildren(...(found.length || !stats ? [] : [stats.traces ? nothingFound(stats) : firstSteps(stats)]));
	body.classList.toggle("is-empty", !found.length);
}

function showKept() {
	const lost = [];
	if (!send.firstChild && stats.sendUrl) {
		send.append(sendButton(stats));
	}
	if (stats.rejectedSpans) {
		lost.push(`${plural(stats.rejectedSpans, "span")} rejected (${stats.lastRejection})`);
	}
	if (stats.evictedTraces) {
		lost.push(`${plural(stats.evictedTraces, "older trace")} dropped for newer ones`);
	}
	if (stats.refusedRequests) {
		lost.push(`${plural(stats.refusedRequests, "request")} refused (${stats.lastRefusal})`);
	}
	kept.replaceChildren(`${plural(stats.traces, "trace")} and ${plural(stats.spans, "span")} kept, ` +
		`${formatBytes(stats.bytes)} of ${formatBytes(stats.maxBytes)}.`,
	...lost.map((text) => make("span", {className: "lost"}, text)));
}

async function refresh() {
	const number = ++drawn;
	const asked = search;
	try {
		const [services, operations, traces, now] = await Promise.all([getList("/api/services"),
			operationsOf(asked.service), findTraces(asked), getStats()]);
		if (number !== drawn) {
			return;
		}
		[found, stats] = [traces, now];
		assignColors(services);
		form.show(asked, services, operations);
		scatter.show(found);
		showKept();
		showList();
	} catch (error) {
		if (number === drawn) {
			count.textContent = "The search failed";
			empty.replaceChildren(make("p", {className: "error-text", role: "alert"}, String(error.message || error)));
		}
	}
}

function bindAll() {
	bindKeys("Search", [
		["j ArrowDown", "next trace", () => results.move(1), "j ↓"],
		["k ArrowUp", "previous trace", () => results.move(-1), "k ↑"],
		["Enter", "open it", () => false],
		["s", "longest first, or newest first", () => setSort(search.sort === "longest" ? "newest" : "longest")],
		["e", "only with errors, or all", () => goTo({...search, tags: search.tags === "error=true" ? "" : "error=true"})],
		["x", "choose for a comparison", () => results.toggleFocused()],
		["/", "to the form", () => form.focus()],
	]);
}

export async function show(main) {
	const side = make("details", {className: "side", open: true}, make("summary", {}, "Search"), form.element, kept,
		make("p", {className: "keys-hint quiet"}, make("kbd", {}, "s"), " longest first ", make("kbd", {}, "j"), " ", make("kbd", {}, "k"),
			" choose ", make("kbd", {}, "Enter"), " open ", make("kbd", {}, "?"), " all keys"));
	if (matchMedia("(max-width: 800px)").matches) {
		side.removeAttribute("open");
	}
	main.replaceChildren(make("div", {className: "search-page"}, side, body));
	sort.addEventListener("change", () => setSort(sort.value));
	more.addEventListener("click", () => {
		const before = limit();
		goTo({...search, limit: String(Math.min(MOST, before + LIMIT_DEFAULT))}, true);
	});
	addEventListener("popstate", () => {
		search = readSearch(location.search);
		refresh();
	});
	bindAll();
	document.title = "Traces – traceview";
	await refresh();
	announce(count.textContent);
	keepFresh(refresh);
}
