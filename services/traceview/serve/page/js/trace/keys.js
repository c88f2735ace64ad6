// SPDX-License-Identifier: Apache-2.0
// The keys of a trace.

import {base} from "../api.js";
import {copyText} from "../dom.js";
import {bindKeys} from "../keyboard.js";
import {hotOperations} from "../model/time.js";
import {linkToSpan} from "./details.js";

function move(view, by) {
	const chosen = view.span();
	const at = chosen && view.rows[chosen.row] === chosen ? chosen.row : -1;
	const from = at < 0 && Math.abs(by) === 1 ? -by : Math.max(0, at); // the first key goes to the first row
	const to = Math.max(0, Math.min(view.rows.length - 1, from + by));
	view.goTo(view.rows[to]);
}

function inward(view) {
	const chosen = view.span();
	if (!chosen || !chosen.children.length) {
		return;
	}
	if (view.collapsed.has(chosen.key)) {
		view.toggle(chosen, true);
	} else {
		move(view, 1);
	}
}

function outward(view) {
	const chosen = view.span();
	if (chosen && chosen.children.length && !view.collapsed.has(chosen.key)) {
		view.toggle(chosen, false);
	} else if (chosen && chosen.parent) {
		view.goTo(chosen.parent);
	}
}

function hottest(view) {
	const hot = hotOperations(view.trace);
	const at = hot.findIndex((entry) => entry.span === view.span());
	if (hot.length) {
		view.goTo(hot[(at + 1) % hot.length].span, true);
	}
}

function escape(view) {
	if (view.isOpen) {
		view.isOpen = false;
		view.changed();
	} else if (view.find.isActive()) {
		view.find.clear();
	} else if (view.isZoomed()) {
		view.zoom(view.trace.start, view.trace.end);
	} else {
		return false;
	}
	return true;
}

function withSpan(view, run) {
	return () => (view.span() ? run(view.span()) : false);
}

export function bindTraceKeys(view, tabs) {
	bindKeys("Spans", [
		["j ArrowDown", "next span", () => move(view, 1), "j ↓"],
		["k ArrowUp", "previous span", () => move(view, -1), "k ↑"],
		["ArrowRight l", "open, or to the first child", () => inward(view), "→ l"],
		["ArrowLeft", "close, or to the parent", () => outward(view), "←"],
		["Enter", "details", withSpan(view, (span) => view.select(span, !view.isOpen))],
		["Escape", "close details, end finding, zoom out", () => escape(view), "Esc"],
		["h", "where the time went: the first, the next …", () => hottest(view)],
		["e", "next error", () => view.goAmong(view.trace.errors, 1)],
		["E", "previous error", () => view.goAmong(view.trace.errors, -1)],
		["w", "next warning", () => view.goAmong(view.trace.warned, 1)],
		["Home", "", () => move(view, -Infinity)],
		["End", "", () => move(view, Infinity)],
		["PageDown", "", () => move(view, view.pageRows())],
		["PageUp", "", () => move(view, -view.pageRows())],
		["1 2 3 4 5 6 7 8 9", "show so many levels", (event) => view.showLevels(Number(event.key)), "1…9"],
		["*", "open all", () => view.showLevels(Infinity)],
		["y", "copy the link to the span", withSpan(view, (span) => void copyText(location.origin + linkToSpan(span, view)))],
	]);
	bindKeys("Find and zoom", [
		["/", "find in the trace", () => view.find.focus()],
		["n", "next match", () => view.find.step(1)],
		["N", "previous match", () => view.find.step(-1)],
		["z", "zoom to the span", withSpan(view, (span) => view.zoom(span.start, span.end))],
		["0", "zoom out", () => view.zoom(view.trace.start, view.trace.end)],
		["+ =", "zoom in", () => view.zoomBy(0.5), "+"],
		["-", "zoom out by half", () => view.zoomBy(2), "−"],
		["[", "earlier", () => view.pan(-0.25)],
		["]", "later", () => view.pan(0.25)],
	]);
	bindKeys("Views", [
		["t", "timeline", () => tabs.show("timeline")],
		["f", "flame graph", () => tabs.show("flame")],
		["b", "table by operation", () => tabs.show("operations")],
		["Backspace", "", () => location.assign(`${base}/search`)],
	]);
}
