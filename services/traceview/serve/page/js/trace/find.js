// SPDX-License-Identifier: Apache-2.0
// Find in the trace: names, services, ids, attributes, events, messages.

import {make} from "../dom.js";
import {formatCount} from "../format.js";
import {valueText} from "../model/otlp.js";

const HAYSTACK_CHARACTERS = 20000; // of one attribute, at most

function pairsText(attributes) {
	return attributes.map((pair) => `${pair.key}=${valueText(pair.value).slice(0, HAYSTACK_CHARACTERS)}`).join("\n");
}

function haystackOf(span) {
	if (span.haystack === undefined) {
		span.haystack = [span.name, span.service, span.id, span.kind, span.isError ? "error" : "", span.statusMessage,
			pairsText(span.attributes), ...span.events.map((event) => `${event.name}\n${pairsText(event.attributes || [])}`),
			pairsText(span.resource.attributes), span.scope.name].join("\n").slice(0, 10 * HAYSTACK_CHARACTERS).toLowerCase();
	}
	return span.haystack;
}

// All words must be in a span: "select order-service" finds that service's SELECTs.
export function findSpans(trace, text) {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	return words.length ? trace.spans.filter((span) => words.every((word) => haystackOf(span).includes(word))) : [];
}

export function makeFind(view) {
	const input = make("input", {id: "find", type: "search", placeholder: "Find in the trace", "aria-label":
		"Find in the trace", autocomplete: "off", spellcheck: "false"});
	const state = make("span", {className: "find-state", "aria-live": "polite"});
	const previous = make("button", {type: "button", className: "icon", "aria-label": "Previous match", title: "Previous (N)",
		onclick: () => step(-1)}, "↑");
	const next = make("button", {type: "button", className: "icon", "aria-label": "Next match", title: "Next (n)",
		onclick: () => step(1)}, "↓");
	const only = make("input", {type: "checkbox", id: "only-matches"});
	const element = make("div", {className: "find", role: "search", "aria-label": "In the trace"}, input, state, previous, next,
		make("label", {className: "only", title: "Hide what does not match"}, only, "only these"));

	function draw() {
		const at = view.matches.indexOf(view.span());
		state.textContent = !input.value.trim() ? "" : !view.matches.length ? "none" :
			at < 0 ? formatCount(view.matches.length) : `${formatCount(at + 1)} of ${formatCount(view.matches.length)}`;
		previous.disabled = next.disabled = !view.matches.length;
		element.classList.toggle("has-none", !!input.value.trim() && !view.matches.length);
	}

	function step(by) {
		if (!view.matches.length) {
			return;
		}
		const chosen = view.span();
		let at = view.matches.indexOf(chosen);
		if (at >= 0) {
			at = (at + by + view.matches.length) % view.matches.length;
		} else {
			const after = view.matches.findIndex((span) => !chosen || span.index > chosen.index);
			at = by > 0 ? Math.max(0, after) : (after < 0 ? view.matches.length : after + view.matches.length) - 1;
			at %= view.matches.length;
		}
		view.select(view.matches[at]);
		view.show(view.matches[at]);
	}

	function run() {
		view.setMatches(findSpans(view.trace, input.value), only.checked);
	}

	input.addEventListener("input", () => {
		run();
		if (view.matches.length && !view.matching.has(view.span())) {
			step(1);
		}
	});
	input.addEventListener("keydown", (event) => {
		if (event.key === "Enter") {
			event.preventDefault();
			step(event.shiftKey ? -1 : 1);
		} else if (event.key === "Escape") {
			event.preventDefault();
			clear();
			view.focusRows();
		}
	});
	only.addEventListener("change", run);

	function clear() {
		input.value = "";
		only.checked = false;
		run();
	}

	view.on(draw);
	draw();
	return {element, step, clear, run,
		focus() {
			input.focus();
			input.select();
		},
		set(text) {
			input.value = text;
			run();
		},
		isActive: () => input.value !== ""};
}
