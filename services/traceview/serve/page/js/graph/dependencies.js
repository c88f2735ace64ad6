// SPDX-License-Identifier: Apache-2.0
// The graph of services: who calls whom, how often.

import {base, getJson, keepFresh} from "../api.js";
import {assignColors, colorClass} from "../color.js";
import {clip, make, makeSvg, nameOf} from "../dom.js";
import {formatCount} from "../format.js";

const NODE_WIDTH = 170, NODE_HEIGHT = 40, GAP_X = 90, GAP_Y = 26, MARGIN = 20;
const LOOKBACK_MS = 365 * 86400e3; // what is kept, is shown

// Services in columns: each to the right of those that call it, as far as there is no cycle.
export function layOut(edges) {
	const names = [...new Set(edges.flatMap(({parent, child}) => [parent, child]))].sort();
	const calls = new Map(names.map((name) => [name, edges.filter(({parent, child}) => parent === name && child !== name)
		.map(({child}) => child)]));
	const columns = new Map(names.map((name) => [name, 0]));
	const called = new Set(edges.filter(({parent, child}) => parent !== child).map(({child}) => child));
	const starts = names.filter((name) => !called.has(name));
	const stack = (starts.length ? starts : names.slice(0, 1)).map((name) => ({name, path: [name]}));
	for (let turns = 0; stack.length && turns < 20000; turns++) {
		const {name, path} = stack.pop();
		for (const child of calls.get(name)) {
			if (!path.includes(child) && columns.get(child) < columns.get(name) + 1) {
				columns.set(child, columns.get(name) + 1);
				stack.push({name: child, path: [...path, child]});
			}
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
	if (from === to) {
		const x = from.x + NODE_WIDTH / 2;
		return `M ${x - 18} ${from.y} C ${x - 18} ${from.y - 30}, ${x + 18} ${from.y - 30}, ${x + 18} ${from.y - 2}`;
	}
	if (to.column <= from.column) { // back
		const low = Math.max(from.y, to.y) + NODE_HEIGHT;
		return `M ${from.x + NODE_WIDTH / 2} ${from.y + NODE_HEIGHT} C ${from.x + NODE_WIDTH / 2} ${low + 46}, ` +
			`${to.x + NODE_WIDTH / 2} ${low + 46}, ${to.x + NODE_WIDTH / 2} ${to.y + NODE_HEIGHT + 2}`;
	}
	const bend = (to.x - from.x - NODE_WIDTH) / 2;
	return `M ${from.x + NODE_WIDTH} ${y1} C ${from.x + NODE_WIDTH + bend} ${y1}, ${to.x - bend} ${y2}, ${to.x - 3} ${y2}`;
}

function drawGraph(edges) {
	const nodes = layOut(edges);
	const {width, height} = placeNodes(nodes);
	const byName = new Map(nodes.map((node) => [node.name, node]));
	const most = Math.max(...edges.map((edge) => edge.callCount));
	const svg = makeSvg("svg", {class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
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
			y: from === to ? from.y - 26 : to.column <= from.column ? Math.max(from.y, to.y) + NODE_HEIGHT + 40 : (from.y + to.y + NODE_HEIGHT) / 2 - 7});
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
		const [edges, services] = await Promise.all([getJson(`/api/dependencies?endTs=${now + 60000}&lookback=${LOOKBACK_MS}`),
			getJson("/api/services")]);
		const key = JSON.stringify(edges.data);
		if (key === shown) {
			return;
		}
		shown = key;
		assignColors(services.data);
		box.replaceChildren(make("h1", {}, "Dependencies"), ...(edges.data.length ?
			[make("div", {className: "graph-box"}, drawGraph(edges.data)), drawTable(edges.data)] :
			[make("p", {className: "quiet"}, "No trace that is kept has a call from one service to another.")]));
	}
	document.title = "Dependencies – traceview";
	main.replaceChildren(box);
	await refresh();
	keepFresh(refresh);
}
