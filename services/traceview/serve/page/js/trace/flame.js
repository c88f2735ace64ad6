// SPDX-License-Identifier: Apache-2.0
// A flame graph: spans of one operation below one path are one frame, as wide as their time. Frames add up; what runs
// at the same time as another therefore has its full width.

import {colorClass} from "../color.js";
import {make, nameOf} from "../dom.js";
import {formatCount, formatNs, formatPercent} from "../format.js";

const FRAME_PX = 24;
const FRAME_MIN_SHARE = 0.0015; // of the width: narrower frames are left out, and counted
const FRAMES_MAX = 1500;
const LABEL_MIN_SHARE = 0.05; // narrower frames have no label

function frameOf(parent, span) {
	const key = `${span.service}\n${span.name}`;
	let frame = parent.frames.get(key);
	if (!frame) {
		frame = {service: span.service, name: span.name, n: 0, total: 0, self: 0, errors: 0, frames: new Map(), longest: span,
			parent, depth: parent.depth + 1};
		parent.frames.set(key, frame);
	}
	frame.n++;
	frame.total += span.end - span.start;
	frame.self += span.self;
	frame.errors += span.isError ? 1 : 0;
	frame.longest = span.end - span.start > frame.longest.end - frame.longest.start ? span : frame.longest;
	return frame;
}

// A frame is at least as wide as what is on it.
function widen(order) {
	for (const frame of order.reverse()) {
		const above = [...frame.frames.values()].reduce((sum, child) => sum + child.width, 0);
		frame.width = Math.max(1, frame.total, above);
	}
}

export function makeFrames(trace) {
	const top = {service: "", name: "all", n: 1, total: 0, self: 0, frames: new Map(), parent: null, depth: -1};
	const order = [top];
	const frames = new Map();
	for (const span of trace.spans) { // parents come first
		const parent = span.parent ? frames.get(span.parent) : top;
		const before = parent.frames.size;
		const frame = frameOf(parent, span);
		frames.set(span, frame);
		if (parent.frames.size > before) {
			order.push(frame);
		}
	}
	widen(order);
	return top;
}

export function makeFlame(view) {
	const stage = make("div", {className: "flame-stage"});
	const note = make("p", {className: "quiet flame-note"});
	const element = make("section", {id: "part-flame", className: "flame", role: "tabpanel", "aria-labelledby": "tab-flame",
		tabindex: "0", hidden: true}, note, stage);
	let top = null;
	let focus = null;
	let shown = null;

	function frameButton(frame, left, width, whole) {
		const text = `${frame.service}: ${frame.name}, ${formatNs(frame.total)}, self ${formatNs(frame.self)}, ` +
			`${formatPercent(frame.total, whole)}${frame.n > 1 ? `, ${formatCount(frame.n)} spans` : ""}`;
		const button = make("button", {type: "button", className: `frame ${colorClass(frame.service)}${frame.errors ? " has-error" : ""}`,
			title: text.slice(0, 400), "aria-label": text.slice(0, 400), onclick: () => {
				focus = focus === frame ? frame.parent : frame;
				draw();
			}, ondblclick: () => view.goTo(frame.longest, true)});
		if (width > LABEL_MIN_SHARE) {
			button.append(nameOf(frame.name), make("span", {className: "frame-time"}, formatNs(frame.total)));
		} else {
			button.classList.add("tiny");
		}
		button.style.left = `${100 * left}%`;
		button.style.width = `calc(${100 * width}% - 1px)`;
		button.style.top = `${frame.row * FRAME_PX}px`;
		return button;
	}

	// Lays what is on a frame from left to right; returns the buttons.
	function layOut(root, whole) {
		const buttons = [];
		const stack = [{frame: root, left: 0, scale: 1 / root.width, row: 0}];
		let hidden = 0;
		let deepest = 0;
		while (stack.length) {
			const {frame, left, scale, row} = stack.pop();
			if (frame.depth >= 0) {
				frame.row = row;
				deepest = Math.max(deepest, row);
				buttons.push(frameButton(frame, left, frame.width * scale, whole));
			}
			let at = left;
			for (const child of [...frame.frames.values()].sort((a, b) => b.width - a.width)) {
				if (child.width * scale < FRAME_MIN_SHARE || buttons.length + stack.length > FRAMES_MAX) {
					hidden++;
				} else {
					stack.push({frame: child, left: at, scale, row: frame.depth >= 0 ? row + 1 : row});
				}
				at += child.width * scale;
			}
		}
		return {buttons, hidden, deepest};
	}

	function draw() {
		if (shown !== view.trace) {
			shown = view.trace;
			top = makeFrames(view.trace);
			focus = null;
		}
		const root = focus || top;
		const {buttons, hidden, deepest} = layOut(root, top.width);
		stage.style.height = `${(deepest + 1) * FRAME_PX}px`;
		stage.replaceChildren(...buttons);
		note.replaceChildren(focus && focus.depth >= 0 ? make("button", {type: "button", onclick: () => {
			focus = null;
			draw();
		}}, "Show all") : "", " A click widens a frame, a double click leads to its longest span.",
		hidden ? ` ${formatCount(hidden)} narrow frames are left out.` : "");
	}

	view.on(() => {
		if (!element.hidden && shown !== view.trace) {
			draw();
		}
	});
	return {label: "Flame graph", element, draw, focus: () => element.focus()};
}
