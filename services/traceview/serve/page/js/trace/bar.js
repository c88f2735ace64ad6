// SPDX-License-Identifier: Apache-2.0
// The bar of a span: its length, its self time, the critical path, its events, and its duration beside it.

import {make} from "../dom.js";
import {formatNs} from "../format.js";
import {selfParts} from "../model/time.js";

const PARTS_MAX = 60; // drawn in one bar
const EVENTS_MAX = 40;
const DETAIL_MIN_SHARE = 0.004; // of the track: what is shorter is drawn plain

function place(element, from, to, view) {
	const length = view.to - view.from;
	// far outside of the track nothing is seen: no lengths of millions of pixels
	const left = Math.max(-0.02, Math.min(1.02, (from - view.from) / length));
	const right = Math.max(-0.02, Math.min(1.02, (to - view.from) / length));
	element.style.left = `${100 * left}%`;
	element.style.width = `${100 * Math.max(0, right - left)}%`;
	return [left, right];
}

function timeOf(event, trace) {
	return Number(BigInt(event.timeUnixNano || 0) - trace.startNs);
}

function seen(parts, view) {
	return parts.filter(([from, to]) => to > view.from && from < view.to).slice(0, PARTS_MAX);
}

function drawParts(track, parts, className, view) {
	for (const [from, to] of seen(parts, view)) {
		const part = make("span", {className});
		place(part, from, to, view);
		track.append(part);
	}
}

export function drawBar(track, span, view) {
	track.replaceChildren();
	const bar = make("span", {className: "bar"});
	const [left, right] = place(bar, span.start, span.end, view);
	if (right < 0 || left > 1) {
		track.append(make("span", {className: left > 1 ? "outside right" : "outside left"}, left > 1 ? "›" : "‹"));
		return;
	}
	track.append(bar);
	if (right - left > DETAIL_MIN_SHARE) {
		drawParts(track, selfParts(span), "self", view);
	} else {
		bar.classList.add("short");
	}
	drawParts(track, span.critical, "critical", view);
	for (const event of span.events.slice(0, EVENTS_MAX)) {
		const at = timeOf(event, view.trace) + (span.shift || 0);
		if (at >= view.from && at <= view.to) {
			const tick = make("span", {className: "event", title: event.name || "event"});
			tick.style.left = `${(100 * (at - view.from)) / (view.to - view.from)}%`;
			track.append(tick);
		}
	}
	const label = make("span", {className: "duration-label"}, formatNs(span.duration));
	if (right < 0.86) {
		label.style.left = `${100 * Math.max(0, right)}%`;
	} else if (left > 0.14) {
		label.classList.add("before");
		label.style.right = `${100 * (1 - left)}%`;
	} else {
		label.classList.add("inside");
		label.style.right = `calc(${100 * Math.max(0, 1 - right)}% + 8px)`;
	}
	track.append(label);
}
