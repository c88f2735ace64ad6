// SPDX-License-Identifier: Apache-2.0
// The graph of services: who calls whom, how often.

import {base, getList, keepFresh} from "../api.js";
import {assignColors, colorClass} from "../color.js";
import {clip, make, makeSvg, nameOf} from "../dom.js";
import {formatCount} from "../format.js";

const NODE_WIDTH = 170, NODE_HEIGHT = 40, GAP_X = 90, GAP_Y = 26, MARGIN = 20;
const LOOKBACK_MS = 365 * 86400e3; // what is kept, is shown

// Calls without those that close a cycle, and the services in an order in which callers come first.
function cutCycles(names, calls) {
	const isOnPath = new Map(); // by service: false when all below it is done
	const kept = new Map(names.map((name) => [name, []]));
	const done = [];
	for (const start of names) {
		if (isOnPath.has(start)) {
			continue;
		}
		const stack = [{name: start, next: 0}];
		isOnPath.set(start, true);
		while (stack.length) {
			const top = stack.at(-1);
			const child = calls.get(top.name)[top.next++];
			if (child === undefined) {
				isOnPath.set(top.name, false);
				done.push(top.name);
				stack.pop();
			} else if (!isOnPath.get(child)) {
				kept.get(top.name).push(child);
				if (!isOnPath.has(child)) {
					isOnPath.set(child, true);
					stack.push({name: child, next: 0});
				}
			}
		}
	}
	return {kept, order: done.reverse()};
}

// Services in columns: each to the right of those that call it, but for cycles.
export function layOut(edges) {
	const called = new Set(edges.filter(({parent, child}) => parent !== child).map(({child}) => child));
	const names = [...new Set(edges.flatMap(({parent, child}) => [parent, child]))]
		.sort((a, b) => called.has(a) - called.has(b) || (a < b ? -1 : 1)); // those that nobody calls come first
	const calls = new Map(names.map((name) => [name, []]));
	for (const {parent, child} of edges.filter((edge) => edge.parent !== edge.child)) {
		calls.get(parent).push(child);
	}
	const {kept, order} = cutCycles(names, calls);
	const columns = new Map(names.map((name) => [name, 0]));
	for (const name of order) {
		for (const child of kept.get(name)) {
			columns.set(child, Math.max(columns.get(child), columns.get(name) + 1));
		}
	}
	const rows = new Map();
	return names.map((name) => {
		const column = columns.get(name);
		const row = rows.get(column) || 0;
		rows.set(column, row + 1);
		return {name, column, row};
	});
}

function placeNodes(nodes) {
	const tallest = Math.max(...nodes.map((node) => node.row)) + 1;
	for (const node of nodes) {
		const inColumn = nodes.filter((other) => other.column === node.column).length;
		node.x = MARGIN + node.column * (NODE_WIDTH + GAP_X);
		node.y = MARGIN + (node.row + (tallest - inColumn) / 2) * (NODE_HEIGHT + GAP_Y) + 20;
	}
	return {width: Math.max(...nodes.map((node) => node.x)) + NODE_WIDTH + MARGIN,
		height: Math.max(...nodes.map((node) => node.y)) + NODE_HEIGHT + MARGIN + 20};
}

function edgePath(from, to) {
	const y1 = from.y + NODE_HEIGHT / 2;
	const y2 = to.y + NODE_HEIGHT / 2;
	if (to.column <= from.column) { // back
		const low = Math.max(from.y, to.y) + NODE_HEIGHT;
		return `M ${from.x + NODE_WIDTH / 2} ${from.y + NODE_HEIGHT} C ${from.x + NODE_WIDTH / 2} ${low + 46}, ` +
			`${to.x + NODE_WIDTH / 2} ${low + 46}, ${to.x + NODE_WIDTH / 2} ${to.y + NODE_HEIGHT + 2}`;
	}
	const bend = (to.x - from.x - NODE_WIDTH) / 2;
	return `M ${from.x + NODE_WIDTH} ${y1} C ${from.x + NODE_WIDTH + bend} ${y1}, ${to.x - bend} ${y2}, ${to.x - 3} ${y2}`;
}

// Calls within a service are in the table only.
function drawGraph(all) {
	const nodes = layOut(all);
	const edges = all.filter(({parent, child}) => parent !== child);
	const {width, height} = placeNodes(nodes);
	const byName = new Map(nodes.map((node) => [node.name, node]));
	const most = Math.max(1, ...edges.map((edge) => edge.callCount));
	const svg = makeSvg("svg", {class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "group",
		"aria-label": "Graph of services; the table below has the same"},
	makeSvg("defs", {}, makeSvg("marker", {id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
		markerUnits: "userSpaceOnUse", orient: "auto"}, makeSvg("path", {d: "M0 0L8 4L0 8z", class: "arrow"}))));
	for (const edge of edges) {
		const path = makeSvg("path", {d: edgePath(byName.get(edge.parent), byName.get(edge.child)), class: "edge",
			"marker-end": "url(#arrow)"});
		path.style.strokeWidth = 1 + 3 * (Math.log1p(edge.callCount) / Math.log1p(most));
		svg.append(path);
	}
	for (const edge of edges) {
		const [from, to] = [byName.get(edge.parent), byName.get(edge.child)];
		const label = makeSvg("text", {class: "edge-label", "text-anchor": "middle", x: (from.x + to.x + NODE_WIDTH) / 2,
			y: to.column <= from.column ? Math.max(from.y, to.y) + NODE_HEIGHT + 40 : (from.y + to.y + NODE_HEIGHT) / 2 - 7});
		label.textContent = formatCount(edge.callCount);
		svg.append(label);
	}
	for (const node of nodes) {
		const text = makeSvg("text", {x: 22, y: 25});
		text.textContent = clip(node.name, 20);
		const title = makeSvg("title", {});
		title.textContent = clip(node.name);
		svg.append(makeSvg("a", {href: `${base}/search?service=${encodeURIComponent(node.name)}`, class: colorClass(node.name),
			transform: `translate(${node.x} ${node.y})`}, title,
		makeSvg("rect", {class: "node", width: NODE_WIDTH, height: NODE_HEIGHT, rx: 7}),
		makeSvg("rect", {class: "node-stripe", width: 8, height: NODE_HEIGHT, rx: 4}), text));
	}
	return svg;
}

function drawTable(edges) {
	return make("table", {className: "table narrow"}, make("thead", {}, make("tr", {}, ["Caller", "Called"].map((text) =>
		make("th", {scope: "col"}, text)), make("th", {scope: "col", className: "number"}, "Calls"))),
	make("tbody", {}, [...edges].sort((a, b) => b.callCount - a.callCount).map((edge) => make("tr", {},
		make("td", {}, nameOf(edge.parent)), make("td", {}, nameOf(edge.child)),
		make("td", {className: "number"}, formatCount(edge.callCount))))));
}

export async function show(main) {
	const box = make("div", {className: "dependencies-page", tabindex: "0", role: "region", "aria-label": "Graph of services"});
	let shown = "";
	async function refresh() {
		const now = Date.now();
		const [edges, services] = await Promise.all([getList(`/api/dependencies?endTs=${now + 60000}&lookback=${LOOKBACK_MS}`),
			getList("/api/services")]);
		const key = JSON.stringify(edges);
		if (key === shown) {
			return;
		}
		shown = key;
		assignColors(services);
		box.replaceChildren(make("h1", {}, "Dependencies"), ...(edges.length ?
			[make("div", {className: "graph-box"}, drawGraph(edges)), drawTable(edges)] :
			[make("p", {className: "quiet"}, "No trace that is kept has a call from one service to another.")]));
	}
	document.title = "Dependencies – traceview";
	main.replaceChildren(box);
	await refresh();
	keepFresh(refresh);
}
