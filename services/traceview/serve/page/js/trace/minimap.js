// SPDX-License-Identifier: Apache-2.0
// The whole trace in a strip. What is zoomed to stands out; a drag zooms, a click moves.

import {make} from "../dom.js";
import {dragRange} from "./axis.js";
import {colorClass} from "../color.js";

const HEIGHT = 54;
const BARS_MAX = 4000; // more are too many for so few pixels: every n-th span is drawn

export function makeMinimap(view) {
	const canvas = make("canvas", {height: HEIGHT, role: "img", "aria-label": "The whole trace, with the part that is zoomed to"});
	const window_ = make("div", {className: "window"});
	const brush = make("div", {className: "brush", hidden: true});
	const reset = make("button", {type: "button", className: "reset", hidden: true, title: "Zoom out (0)",
		onclick: () => view.zoom(view.trace.start, view.trace.end)}, "Zoom out");
	const strip = make("div", {className: "strip"}, canvas, window_, brush);
	const element = make("div", {className: "minimap"}, strip, reset);
	const samples = make("div", {className: "samples", "aria-hidden": "true"});
	element.append(samples);
	let key = "";

	function colorOf(service, known) {
		if (!known.has(service)) {
			const sample = make("span", {className: colorClass(service)});
			samples.append(sample);
			known.set(service, getComputedStyle(sample).getPropertyValue("color"));
		}
		return known.get(service);
	}

	function paint() {
		const width = strip.clientWidth;
		const ratio = devicePixelRatio || 1;
		if (!width) {
			return;
		}
		canvas.width = width * ratio;
		canvas.height = HEIGHT * ratio;
		const context = canvas.getContext("2d");
		context.scale(ratio, ratio);
		const {spans, start, duration} = view.trace;
		const step = Math.max(1, Math.ceil(spans.length / BARS_MAX));
		const rowHeight = Math.min(5, (HEIGHT - 6) / spans.length);
		const known = new Map();
		samples.replaceChildren();
		for (let i = 0; i < spans.length; i += step) {
			const span = spans[i];
			context.fillStyle = colorOf(span.service, known);
			context.fillRect(((span.start - start) / duration) * width, 3 + i * rowHeight,
				Math.max(1, ((span.end - span.start) / duration) * width), Math.max(1, rowHeight - (rowHeight > 3 ? 1 : 0)));
		}
		context.fillStyle = getComputedStyle(element).getPropertyValue("--error");
		for (const span of view.trace.errors) {
			context.fillRect(((span.start - start) / duration) * width - 1, 3 + span.index * rowHeight, 3, Math.max(2, rowHeight));
		}
	}

	function draw() {
		const {start, duration} = view.trace;
		const now = `${view.trace.spans.length} ${strip.clientWidth} ${duration} ${document.documentElement.dataset.theme}`;
		if (now !== key) {
			key = now;
			paint();
		}
		window_.style.left = `${(100 * (view.from - start)) / duration}%`;
		window_.style.width = `${(100 * (view.to - view.from)) / duration}%`;
		window_.hidden = reset.hidden = !view.isZoomed();
	}

	dragRange(strip, brush, (a, b, moved) => {
		const {start, duration} = view.trace;
		if (moved) {
			view.zoom(start + a * duration, start + b * duration);
		} else if (view.isZoomed()) {
			view.pan((start + a * duration - (view.from + view.to) / 2) / (view.to - view.from));
		}
	});
	view.on(draw);
	new ResizeObserver(draw).observe(strip);
	addEventListener("themechange", draw);
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
		key = "";
		draw();
	});
	return {element, draw};
}
