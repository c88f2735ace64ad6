// SPDX-License-Identifier: Apache-2.0
// A table of the trace by operation, which can be sorted.

import {colorClass} from "../color.js";
import {make, nameOf} from "../dom.js";
import {formatCount, formatNs, formatPercent} from "../format.js";
import {byOperation} from "../model/time.js";

const COLUMNS = [
	["Operation", (row) => row.name, (row, view) => make("button", {type: "button", className: "link", title: "To the longest one",
		onclick: () => view.goTo(row.longest, true)}, nameOf(row.name))],
	["Service", (row) => row.service, (row) => make("span", {className: colorClass(row.service)},
		make("span", {className: "dot"}), nameOf(row.service))],
	["Count", (row) => row.n, (row) => formatCount(row.n)],
	["Errors", (row) => row.errors, (row) => make("span", {className: row.errors ? "error-text" : "quiet"}, formatCount(row.errors))],
	["Critical path", (row) => row.critical, (row, view) => share(row.critical, view, row)],
	["Self time", (row) => row.self, (row, view) => share(row.self, view, row)],
	["Total", (row) => row.total, (row) => formatNs(row.total)],
	["Average", (row) => row.average, (row) => formatNs(row.average)],
	["p95", (row) => row.p95, (row) => formatNs(row.p95)],
	["Longest", (row) => row.max, (row) => formatNs(row.max)],
];
const TEXT_COLUMNS = 2;

function share(ns, view, row) {
	const part = make("span", {className: `share ${colorClass(row.service)}`}, make("span", {className: "share-bar"}),
		make("span", {className: "share-text"}, formatNs(ns)), make("span", {className: "quiet"}, formatPercent(ns, view.trace.duration)));
	part.firstChild.style.width = `${Math.min(100, (100 * ns) / view.trace.duration)}%`;
	return part;
}

export function makeOperations(view) {
	const element = make("section", {id: "part-operations", className: "operations", role: "tabpanel",
		"aria-labelledby": "tab-operations", tabindex: "0", hidden: true});
	let column = 4;
	let descending = true;

	function head(i) {
		const [label] = COLUMNS[i];
		return make("th", {scope: "col", className: i < TEXT_COLUMNS ? "" : "number",
			"aria-sort": i === column ? (descending ? "descending" : "ascending") : null},
		make("button", {type: "button", onclick: () => {
			descending = i === column ? !descending : i >= TEXT_COLUMNS;
			column = i;
			draw();
			element.querySelectorAll("th button")[i].focus();
		}}, label, i === column ? (descending ? " ▾" : " ▴") : null));
	}

	function draw() {
		const value = COLUMNS[column][1];
		const rows = byOperation(view.trace).sort((a, b) => {
			const [x, y] = [value(a), value(b)];
			return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
		});
		element.replaceChildren(make("table", {className: "table"},
			make("thead", {}, make("tr", {}, COLUMNS.map((_, i) => head(i)))),
			make("tbody", {}, rows.map((row) => make("tr", {}, COLUMNS.map(([, , cell], i) =>
				make("td", {className: i < TEXT_COLUMNS ? "" : "number"}, cell(row, view))))))));
	}

	let shown = view.trace;
	view.on(() => {
		if (!element.hidden && shown !== view.trace) {
			shown = view.trace;
			draw();
		}
	});
	return {label: "By operation", element, draw, focus: () => element.focus()};
}
