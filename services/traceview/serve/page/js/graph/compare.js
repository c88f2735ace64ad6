// SPDX-License-Identifier: Apache-2.0
// Two traces side by side, by their paths of operations: what only one has, and what takes longer.

import {base} from "../api.js";
import {colorClass} from "../color.js";
import {make, nameOf} from "../dom.js";
import {formatNs, formatTime, plural} from "../format.js";
import {loadTrace} from "../model/load.js";

const DEPTH_SHOWN = 12; // steps of indent

function emptySide() {
	return {n: 0, total: 0, self: 0, errors: 0};
}

// Adds one trace's spans to the common tree.
function addTrace(top, trace, side) {
	const nodes = new Map();
	for (const span of trace.spans) {
		const parent = span.parent ? nodes.get(span.parent) : top;
		const key = `${span.service}\n${span.name}\n${span.kind}`;
		let node = parent.children.get(key);
		if (!node) {
			node = {service: span.service, name: span.name, a: emptySide(), b: emptySide(), children: new Map(), depth: parent.depth + 1};
			parent.children.set(key, node);
		}
		nodes.set(span, node);
		node[side].n++;
		node[side].total += span.end - span.start;
		node[side].self += span.self;
		node[side].errors += span.isError ? 1 : 0;
	}
}

function inOrder(top) {
	const order = [];
	const stack = [...top.children.values()].reverse();
	while (stack.length) {
		const node = stack.pop();
		order.push(node);
		stack.push(...[...node.children.values()].reverse());
	}
	return order;
}

export function compareTraces(a, b) {
	const top = {children: new Map(), depth: -1};
	addTrace(top, a, "a");
	addTrace(top, b, "b");
	return inOrder(top);
}

function sideCells(side) {
	return [make("td", {className: "number"}, side.n ? `×${side.n}` : "–"),
		make("td", {className: "number"}, side.n ? formatNs(side.total) : "–")];
}

function deltaCell(node, most) {
	const delta = node.b.self - node.a.self;
	const bar = make("span", {className: `delta-bar ${delta > 0 ? "more" : "less"}`});
	bar.style.width = `${(50 * Math.abs(delta)) / most}%`;
	return make("td", {className: "number delta"}, make("span", {className: "delta-box", "aria-hidden": "true"}, bar),
		make("span", {}, delta === 0 ? "same" : `${delta > 0 ? "+" : "−"}${formatNs(Math.abs(delta))}`));
}

function rowOf(node, most) {
	const state = !node.a.n ? "only-b" : !node.b.n ? "only-a" : node.a.n !== node.b.n ? "count-differs" : "";
	const name = make("td", {className: "compare-name"}, make("span", {className: `dot ${colorClass(node.service)}`}),
		nameOf(node.name), " ", nameOf(node.service, "quiet"),
		node.a.errors !== node.b.errors ? make("span", {className: "error-text"}, ` errors ${node.a.errors} → ${node.b.errors}`) : null,
		state === "only-a" ? make("span", {className: "badge"}, "only in A") : null,
		state === "only-b" ? make("span", {className: "badge"}, "only in B") : null);
	name.style.paddingInlineStart = `${10 + 16 * Math.min(DEPTH_SHOWN, node.depth)}px`;
	return make("tr", {className: state}, name, ...sideCells(node.a), ...sideCells(node.b), deltaCell(node, most));
}

function titleOf(letter, trace) {
	return make("div", {className: "compare-title"}, make("span", {className: "letter"}, letter),
		make("div", {}, make("a", {href: `${base}/trace/${trace.id}`}, nameOf(trace.root.service, "quiet"), " ", nameOf(trace.root.name)),
			make("p", {className: "quiet"}, `${formatNs(trace.duration)} · ${plural(trace.spans.length, "span")} · ` +
				`${plural(trace.errors.length, "error")} · ${formatTime(trace.startMs)}`)));
}

export async function show(main, [idA, idB]) {
	const [a, b] = await Promise.all([loadTrace(idA), loadTrace(idB)]);
	const nodes = compareTraces(a, b);
	const most = Math.max(1, ...nodes.map((node) => Math.abs(node.b.self - node.a.self)));
	document.title = "Comparison – traceview";
	main.replaceChildren(make("div", {className: "compare-page", tabindex: "0", role: "region", "aria-label": "Comparison"},
		make("h1", {}, "Comparison"),
		make("div", {className: "compare-head"}, titleOf("A", a), make("a", {className: "button", href: `${base}/trace/${idB}...${idA}`,
			title: "Exchange A and B"}, "⇄ Swap"), titleOf("B", b)),
		make("table", {className: "table compare"}, make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "Operation"),
			make("th", {scope: "col", className: "number"}, "A"), make("th", {scope: "col", className: "number"}, "Time in A"),
			make("th", {scope: "col", className: "number"}, "B"), make("th", {scope: "col", className: "number"}, "Time in B"),
			make("th", {scope: "col", className: "number", title: "Self time in B less that in A"}, "Change of self time"))),
		make("tbody", {}, nodes.map((node) => rowOf(node, most))))));
}
