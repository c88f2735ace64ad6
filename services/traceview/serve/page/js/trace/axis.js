// SPDX-License-Identifier: Apache-2.0
// The head of the rows: the times above the bars, the grid behind them, a drag that zooms, and the border between
// names and bars, which can be moved.

import {make} from "../dom.js";
import {formatNs, niceTicks} from "../format.js";

const TICK_PX = 110;
const NAME_MIN_PX = 140;
const NAME_SHARE_MAX = 0.75; // of the width
const DRAG_PX = 4;
const STEP_PX = 20; // of an arrow key on the border

export function tickLabels(view, width) {
	return niceTicks(view.from - view.trace.start, view.to - view.trace.start, Math.max(2, Math.floor(width / TICK_PX)))
		.map((ns) => ({share: (ns + view.trace.start - view.from) / (view.to - view.from), text: Math.abs(ns) < 1e-6 ? "0" : formatNs(ns)}));
}

// Calls done(from, to) with the shares of the element that were dragged over.
export function dragRange(element, brush, done) {
	let from = null;
	const shareOf = (event) => {
		const box = element.getBoundingClientRect();
		return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
	};
	element.addEventListener("pointerdown", (event) => {
		if (event.button === 0) {
			from = event.clientX;
			element.setPointerCapture(event.pointerId);
			brush.dataset.from = shareOf(event);
		}
	});
	element.addEventListener("pointermove", (event) => {
		if (from !== null && Math.abs(event.clientX - from) > DRAG_PX) {
			const [a, b] = [Number(brush.dataset.from), shareOf(event)].sort((x, y) => x - y);
			brush.hidden = false;
			brush.style.left = `${100 * a}%`;
			brush.style.width = `${100 * (b - a)}%`;
		}
	});
	element.addEventListener("pointerup", (event) => {
		if (from === null) {
			return;
		}
		const moved = Math.abs(event.clientX - from) > DRAG_PX;
		const [a, b] = [Number(brush.dataset.from), shareOf(event)].sort((x, y) => x - y);
		from = null;
		brush.hidden = true;
		done(a, b, moved);
	});
}

export function makeAxis(view, grid, onresize) {
	const ticks = make("div", {className: "ticks", title: "Drag to zoom"});
	const brush = make("div", {className: "brush", hidden: true});
	const border = make("div", {className: "border", role: "separator", tabindex: "0", "aria-orientation": "vertical",
		"aria-label": "Width of the names", "aria-valuemin": NAME_MIN_PX});
	const head = make("div", {className: "axis"}, make("div", {className: "axis-name"}, "Service and operation"),
		border, ticks);
	let width = Number(sessionStorage.getItem("name-width")) || 0;

	function nameWidth() {
		const all = head.parentElement ? head.parentElement.clientWidth : innerWidth;
		const wanted = width || Math.max(260, Math.min(520, all * 0.36));
		return Math.round(Math.max(NAME_MIN_PX, Math.min(all * NAME_SHARE_MAX, wanted)));
	}

	function resize(px) {
		width = px;
		sessionStorage.setItem("name-width", String(nameWidth()));
		draw();
		onresize();
	}

	function draw() {
		const px = nameWidth();
		head.parentElement.style.setProperty("--name-width", `${px}px`);
		border.setAttribute("aria-valuenow", px);
		border.setAttribute("aria-valuemax", Math.round((head.parentElement.clientWidth || 1) * NAME_SHARE_MAX));
		const list = tickLabels(view, ticks.clientWidth);
		ticks.replaceChildren(brush, ...list.filter(({share}) => share < 0.97).map(({share, text}) => {
			const tick = make("span", {}, text);
			tick.style.left = `${100 * share}%`;
			return tick;
		}));
		grid.replaceChildren(...list.map(({share}) => {
			const line = make("span");
			line.style.left = `${100 * share}%`;
			return line;
		}));
	}

	border.addEventListener("pointerdown", (event) => border.setPointerCapture(event.pointerId));
	border.addEventListener("pointermove", (event) => {
		if (border.hasPointerCapture(event.pointerId)) {
			resize(event.clientX - head.getBoundingClientRect().left);
		}
	});
	border.addEventListener("keydown", (event) => {
		const by = {ArrowLeft: -STEP_PX, ArrowRight: STEP_PX}[event.key];
		if (by) {
			event.preventDefault();
			event.stopPropagation();
			resize(nameWidth() + by);
		}
	});
	dragRange(ticks, brush, (a, b, moved) => {
		if (moved) {
			view.zoom(view.from + a * (view.to - view.from), view.from + b * (view.to - view.from));
		}
	});
	ticks.addEventListener("dblclick", () => view.zoom(view.trace.start, view.trace.end));
	view.on(() => head.isConnected && draw());
	return {element: head, draw, nameWidth};
}
