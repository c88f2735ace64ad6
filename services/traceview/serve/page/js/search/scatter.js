// SPDX-License-Identifier: Apache-2.0
// Duration over time, a point for each trace. A click opens one; a drag selects those in a rectangle.

import {base} from "../api.js";
import {makeSvg, make} from "../dom.js";
import {formatClock, formatNs, niceTicks} from "../format.js";

const HEIGHT = 190;
const LEFT = 62, RIGHT = 14, TOP = 10, BOTTOM = 24;
const DRAG_PX = 4; // less is a click

// Durations vary by powers of ten: a root keeps the short ones apart without hiding the long ones.
function scaleY(value, most) {
	return Math.sqrt(value / most);
}

// Round durations about as far apart as a label is high: 0, 100 ms, 400 ms, 1 s, ...
function roundDurations(most) {
	const durations = [0];
	for (const part of [0.0625, 0.25, 0.5625, 1]) {
		const power = 10 ** Math.floor(Math.log10(part * most));
		const round = Math.floor((part * most) / power) * power;
		if (scaleY(round, most) - scaleY(durations.at(-1), most) > 0.12) {
			durations.push(round);
		}
	}
	return durations;
}

function radiusOf(trace) {
	return Math.min(9, 3 + Math.log2(trace.spans + 1) / 2);
}

export function makeScatter({onselect, onhover}) {
	const svg = makeSvg("svg", {class: "scatter", role: "img", height: HEIGHT});
	const element = make("div", {className: "scatter-box"}, svg);
	const tip = make("div", {className: "tip", hidden: true});
	element.append(tip);
	let traces = [];
	let points = [];
	let drag = null;

	function scales() {
		const width = Math.max(240, element.clientWidth);
		let from = Math.min(...traces.map((trace) => trace.startMs));
		let to = Math.max(...traces.map((trace) => trace.startMs));
		const margin = Math.max(500, (to - from) * 0.02);
		from -= margin;
		to += margin;
		const most = Math.max(1, ...traces.map((trace) => trace.durationNs)) * 1.05;
		return {width, from, to, most,
			x: (ms) => LEFT + ((ms - from) / (to - from)) * (width - LEFT - RIGHT),
			y: (ns) => HEIGHT - BOTTOM - scaleY(ns, most) * (HEIGHT - TOP - BOTTOM)};
	}

	function axes(s) {
		const lines = [];
		for (const ns of roundDurations(s.most)) {
			const y = s.y(ns);
			lines.push(makeSvg("line", {class: "grid", x1: LEFT, x2: s.width - RIGHT, y1: y, y2: y}));
			const label = makeSvg("text", {x: LEFT - 8, y: y + 4, "text-anchor": "end"});
			label.textContent = ns ? formatNs(ns) : "0";
			lines.push(label);
		}
		for (const tick of niceTicks(0, s.to - s.from, Math.max(2, Math.floor(s.width / 130)))) {
			const x = s.x(s.from + tick);
			if (x > LEFT + 20 && x < s.width - RIGHT - 20) {
				const label = makeSvg("text", {x, y: HEIGHT - 6, "text-anchor": "middle"});
				label.textContent = formatClock(s.from + tick);
				lines.push(label);
			}
		}
		return lines;
	}

	function draw() {
		if (!traces.length) {
			return;
		}
		const s = scales();
		svg.setAttribute("viewBox", `0 0 ${s.width} ${HEIGHT}`);
		svg.setAttribute("width", s.width);
		svg.setAttribute("aria-label", `Duration over time of ${traces.length} traces, from ` +
			`${formatClock(s.from)} to ${formatClock(s.to)}, up to ${formatNs(s.most / 1.05)}; the list below has the same`);
		points = traces.map((trace) => ({trace, x: s.x(trace.startMs), y: s.y(trace.durationNs), r: radiusOf(trace)}));
		const dots = [...points].sort((a, b) => !!a.trace.errors - !!b.trace.errors).map((point) =>
			makeSvg("circle", {class: point.trace.errors ? "point has-errors" : "point", "data-id": point.trace.id,
				cx: point.x.toFixed(1), cy: point.y.toFixed(1), r: point.r.toFixed(1)}));
		svg.replaceChildren(...axes(s), ...dots, makeSvg("rect", {class: "brush", width: 0, height: 0}));
	}

	function position(event) {
		const box = svg.getBoundingClientRect();
		return {x: event.clientX - box.left, y: event.clientY - box.top};
	}

	function nearest(at) {
		let best = null;
		let bestDistance = 14;
		for (const point of points) {
			const distance = Math.hypot(point.x - at.x, point.y - at.y) - point.r / 2;
			if (distance < bestDistance) {
				[best, bestDistance] = [point, distance];
			}
		}
		return best;
	}

	function rectangle(a, b) {
		return {x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y)};
	}

	function hover(at) {
		const point = nearest(at);
		svg.style.cursor = point ? "pointer" : "crosshair";
		svg.querySelectorAll(".hover").forEach((dot) => dot.classList.remove("hover"));
		tip.hidden = !point;
		onhover(point ? point.trace.id : null);
		if (point) {
			svg.querySelector(`[data-id="${point.trace.id}"]`).classList.add("hover");
			tip.textContent = `${formatNs(point.trace.durationNs)} · ${point.trace.service} ${point.trace.operation}`.slice(0, 80);
			tip.style.left = `${Math.min(point.x, svg.clientWidth - 200)}px`;
			tip.style.top = `${point.y + 12}px`;
		}
	}

	svg.addEventListener("pointerdown", (event) => {
		drag = {from: position(event), moved: false};
		svg.setPointerCapture(event.pointerId);
	});
	svg.addEventListener("pointermove", (event) => {
		const at = position(event);
		if (!drag) {
			hover(at);
			return;
		}
		drag.moved = drag.moved || Math.hypot(at.x - drag.from.x, at.y - drag.from.y) > DRAG_PX;
		if (drag.moved) {
			for (const [name, value] of Object.entries(rectangle(drag.from, at))) {
				svg.querySelector(".brush").setAttribute(name, value);
			}
		}
	});
	svg.addEventListener("pointerup", (event) => {
		const at = position(event);
		const {from, moved} = drag || {};
		drag = null;
		if (moved) {
			const box = rectangle(from, at);
			onselect(points.filter(({x, y}) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height)
				.map((point) => point.trace.id));
			svg.querySelector(".brush").setAttribute("width", 0);
		} else {
			const point = nearest(at);
			if (point) {
				location.assign(`${base}/trace/${point.trace.id}`);
			}
		}
	});
	svg.addEventListener("pointerleave", () => {
		tip.hidden = true;
		onhover(null);
	});
	new ResizeObserver(draw).observe(element);

	return {element, show(list) {
		traces = list;
		element.hidden = !list.length;
		draw();
	}};
}
