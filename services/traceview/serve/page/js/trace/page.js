// SPDX-License-Identifier: Apache-2.0
// One trace: timeline, flame graph or table, and the details of a span.

import {getTraceText, keepFresh} from "../api.js";
import {announce, make} from "../dom.js";
import {formatNs, plural} from "../format.js";
import {parseTrace} from "../model/load.js";
import {makeAxis} from "./axis.js";
import {makeDetails} from "./details.js";
import {makeFind} from "./find.js";
import {makeFlame} from "./flame.js";
import {makeHead} from "./head.js";
import {bindTraceKeys} from "./keys.js";
import {makeMinimap} from "./minimap.js";
import {makeOperations} from "./operations.js";
import {makeRows} from "./rows.js";
import {makeView} from "./view.js";

function makeTabs(parts) {
	const buttons = Object.entries(parts).map(([name, {label}]) => make("button", {type: "button", role: "tab",
		id: `tab-${name}`, "aria-controls": `part-${name}`, onclick: () => tabs.show(name)}, label));
	const tabs = {
		element: make("div", {className: "tabs", role: "tablist", "aria-label": "Views"}, buttons),
		current: "timeline",
		show(name) {
			tabs.current = name;
			Object.entries(parts).forEach(([key, part], i) => {
				part.element.hidden = key !== name;
				buttons[i].setAttribute("aria-selected", String(key === name));
				buttons[i].tabIndex = key === name ? 0 : -1;
			});
			parts[name].draw();
			if (document.activeElement === document.body || document.activeElement.closest("[hidden]")) {
				parts[name].focus();
			}
		},
	};
	tabs.element.addEventListener("keydown", (event) => {
		const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
		if (by) {
			event.preventDefault();
			const at = (buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length;
			buttons[at].focus();
			buttons[at].click();
		}
	});
	return tabs;
}

function makeTimeline(view) {
	const rows = makeRows(view, () => axis.nameWidth());
	const axis = makeAxis(view, rows.grid, () => rows.schedule());
	const minimap = makeMinimap(view);
	const element = make("section", {id: "part-timeline", className: "timeline", role: "tabpanel",
		"aria-labelledby": "tab-timeline"}, minimap.element, axis.element, rows.element);
	new ResizeObserver(() => axis.draw()).observe(element);
	return {label: "Timeline", element, rows, focus: rows.focus, draw() {
		axis.draw();
		minimap.draw();
		rows.draw();
	}};
}

// Ways to a span that more than one part needs.
function addWays(view, timeline, tabs) {
	view.show = (span) => {
		if (tabs.current !== "timeline") {
			tabs.show("timeline");
		}
		timeline.rows.showSpan(span);
	};
	view.focusRows = () => timeline.rows.focus();
	view.pageRows = () => timeline.rows.pageRows();
	view.goTo = (span, open) => {
		view.select(span, open === undefined ? view.isOpen : open);
		if (tabs.current !== "timeline") {
			tabs.show("timeline");
		}
		timeline.rows[open ? "centerSpan" : "showSpan"](span);
		if (!document.activeElement.closest(".details, .find")) {
			view.focusRows();
		}
	};
	view.goAmong = (spans, by) => {
		if (!spans.length) {
			return;
		}
		const chosen = view.span();
		const at = spans.indexOf(chosen);
		const after = spans.findIndex((span) => !chosen || span.index > chosen.index);
		const next = at >= 0 ? at + by : by > 0 ? after : (after < 0 ? spans.length : after) - 1;
		view.goTo(spans[(next + spans.length) % spans.length], true);
	};
}

// ?uiFind= as Jaeger has it: a span's id, or a text to find.
function followFind(view, timeline) {
	const wanted = new URLSearchParams(location.search).get("uiFind");
	if (!wanted) {
		return;
	}
	const span = view.trace.byKey.get(wanted) || view.trace.spans.find((other) => other.id === wanted.padStart(16, "0"));
	if (span) {
		view.select(span, true);
		timeline.rows.centerSpan(span);
	} else {
		view.find.set(wanted);
		view.find.step(1);
	}
}

function keepUrl(view) {
	view.on(() => {
		const span = view.span();
		const url = new URL(location.href);
		if (span && view.isOpen) {
			url.searchParams.set("uiFind", span.id);
		} else {
			url.searchParams.delete("uiFind");
		}
		if (url.href !== location.href) {
			history.replaceState(null, "", url);
		}
	});
}

function followGrowth(view, id, first) {
	let text = first;
	view.adjust = true;
	const reread = () => {
		const trace = parseTrace(text, {adjust: view.adjust});
		view.replace(trace);
		if (view.find.isActive()) {
			view.find.run();
		}
	};
	view.setAdjust = (adjust) => {
		view.adjust = adjust;
		reread();
	};
	keepFresh(async () => {
		const newer = await getTraceText(id);
		if (newer !== text) {
			const before = view.trace.spans.length;
			text = newer;
			reread();
			announce(`${plural(view.trace.spans.length - before, "new span")}`);
		}
	});
}

export async function show(main, id) {
	main.replaceChildren(make("p", {className: "loading quiet"}, "Loading…"));
	const text = await getTraceText(id);
	const view = makeView(parseTrace(text));
	view.find = makeFind(view);
	view.adjust = true;
	const timeline = makeTimeline(view);
	const parts = {timeline, flame: makeFlame(view), operations: makeOperations(view)};
	const tabs = makeTabs(parts);
	const details = makeDetails(view);
	addWays(view, timeline, tabs);
	main.replaceChildren(make("div", {className: "trace-page"}, makeHead(view, tabs.element),
		make("div", {className: "trace-body"}, ...Object.values(parts).map((part) => part.element), details.element)));
	tabs.show("timeline");
	bindTraceKeys(view, tabs);
	followFind(view, timeline);
	keepUrl(view);
	followGrowth(view, id, text);
	timeline.rows.focus();
	performance.mark("first-rows");
	announce(`Trace of ${plural(view.trace.spans.length, "span")}, ${formatNs(view.trace.duration)}`);
}
