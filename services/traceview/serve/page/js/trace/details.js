// SPDX-License-Identifier: Apache-2.0
// All that is known of the chosen span.

import {base} from "../api.js";
import {colorClass} from "../color.js";
import {copyButton, make, nameOf} from "../dom.js";
import {formatNs, formatPercent, formatTime} from "../format.js";
import {attributeTable, droppedNote, factTable, longText, section} from "./attributes.js";

const FLAG_SAMPLED = 1, FLAG_HAS_REMOTE = 0x100, FLAG_REMOTE = 0x200; // trace.proto: SpanFlags

export function linkToSpan(span, view) {
	return `${base}/trace/${view.trace.id}?uiFind=${span.id}`;
}

function flagsText({flags, parentId}) {
	const words = [flags & FLAG_SAMPLED ? "sampled" : "not sampled"];
	if (flags & FLAG_REMOTE) {
		words.push("its parent is remote");
	} else if (parentId && flags & FLAG_HAS_REMOTE) {
		words.push("its parent is local");
	}
	return `0x${flags.toString(16).padStart(2, "0")} (${words.join(", ")})`;
}

// A link to a span: within this trace it is chosen at once.
function spanLink(traceId, spanId, view) {
	const here = traceId === view.trace.id && view.trace.byKey.get(spanId);
	const link = make("a", {href: `${base}/trace/${traceId}?uiFind=${spanId}`},
		here ? nameOf(here.name) : make("code", {}, `${traceId.slice(0, 8)}… / ${spanId}`));
	if (here) {
		link.addEventListener("click", (event) => {
			if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
				event.preventDefault();
				view.select(here, true);
				view.show(here);
			}
		});
	}
	return link;
}

function parentFact(span, view) {
	if (span.parent) {
		return [["Parent", spanLink(view.trace.id, span.parent.key, view)]];
	}
	return span.parentId ? [["Parent", make("span", {}, make("code", {}, span.parentId), " (not in the trace)")]] : [];
}

function facts(span, view) {
	const {trace} = view;
	const startMs = Number(span.startNs / 1000n) / 1000;
	return [
		["Started", `${formatNs(span.start - trace.start)} into the trace`, formatTime(startMs)],
		["Self time", `${formatNs(span.self)}, ${formatPercent(span.self, span.duration)} of the span`],
		...(span.criticalNs ? [["Critical path",
			`${formatNs(span.criticalNs)}, ${formatPercent(span.criticalNs, trace.duration)} of the trace`]] : []),
		...(span.kind ? [["Kind", span.kind]] : []),
		["Status", ["unset", "ok", "error"][span.status] || String(span.status)],
		...parentFact(span, view),
		["Span ID", span.id],
		...(span.traceState ? [["Trace state", span.traceState]] : []),
		...(span.flags ? [["Flags", flagsText(span)]] : []),
	];
}

function eventsOf(span, view) {
	const shift = span.shift || 0;
	return span.events.map((event) => {
		const at = Number(BigInt(event.timeUnixNano || 0) - view.trace.startNs) + shift;
		return make("div", {className: "event-row"},
			make("div", {className: "event-head"}, make("span", {className: "time"}, `+${formatNs(at - span.start)}`),
				nameOf(event.name || "", "strong")),
			event.attributes && event.attributes.length ? attributeTable(event.attributes, `Attributes of ${event.name}`) : null,
			droppedNote(event.droppedAttributesCount, "attribute"));
	});
}

function linksOf(span, view) {
	return span.links.map((link) => make("div", {className: "event-row"},
		spanLink(link.traceId || "", link.spanId || "", view),
		link.traceState ? factTable([["Trace state", link.traceState]], "Link") : null,
		link.attributes && link.attributes.length ? attributeTable(link.attributes, "Attributes of the link") : null,
		droppedNote(link.droppedAttributesCount, "attribute")));
}

function scopeSection(scope) {
	const rows = [["Name", scope.name || "(none)"], ...(scope.version ? [["Version", scope.version]] : []),
		...(scope.schemaUrl ? [["Schema URL", scope.schemaUrl]] : [])];
	return section("Scope", null, factTable(rows, "Scope"),
		scope.attributes.length ? attributeTable(scope.attributes, "Attributes of the scope") : null,
		droppedNote(scope.dropped, "attribute"));
}

function resourceSection(resource) {
	return section("Resource", resource.attributes.length, attributeTable(resource.attributes, "Resource"),
		resource.schemaUrl ? factTable([["Schema URL", resource.schemaUrl]], "Schema of the resource") : null,
		droppedNote(resource.dropped, "attribute"));
}

function header(span, view, close) {
	return make("div", {className: `details-head ${colorClass(span.service)}`},
		make("div", {className: "details-title"}, make("h2", {}, nameOf(span.name)),
			make("button", {type: "button", className: "icon", "aria-label": "Close details", title: "Close (Esc)",
				onclick: close}, "✕")),
		make("p", {}, make("span", {className: "dot"}), nameOf(span.service), " ",
			make("strong", {}, formatNs(span.duration)), span.isError ? make("span", {className: "badge error"}, "error") : null),
		make("div", {className: "actions"},
			copyButton("Copy the link to this span", () => location.origin + linkToSpan(span, view), "Copy link"),
			copyButton("Copy the span's id", () => span.id, "Copy ID"),
			make("button", {type: "button", onclick: () => view.zoom(span.start, span.end)}, "Zoom to it")));
}

function content(span, view, close) {
	return [header(span, view, close),
		span.isError && span.statusMessage ? make("p", {className: "message error-text"}, longText(span.statusMessage)) : null,
		...span.warnings.map((text) => make("p", {className: "message warning-text"}, `⚠ ${text}`)),
		factTable(facts(span, view), "Span"),
		section("Attributes", span.attributes.length, attributeTable(span.attributes, "Attributes"),
			droppedNote(span.dropped.attributes, "attribute")),
		span.events.length || span.dropped.events ? section("Events", span.events.length, ...eventsOf(span, view),
			droppedNote(span.dropped.events, "event")) : null,
		span.links.length || span.dropped.links ? section("Links", span.links.length, ...linksOf(span, view),
			droppedNote(span.dropped.links, "link")) : null,
		scopeSection(span.scope), resourceSection(span.resource)].filter(Boolean);
}

export function makeDetails(view) {
	const element = make("aside", {className: "details", "aria-label": "Details of the span", tabindex: "0", hidden: true});
	let shown = null;

	function close() {
		view.isOpen = false;
		view.changed();
	}

	function draw() {
		const span = view.isOpen ? view.span() : null;
		element.hidden = !span;
		if (span === shown) {
			return;
		}
		// The same span of a trace that has grown: what is read there stays where it is.
		const top = shown && span && shown.key === span.key ? element.scrollTop : 0;
		shown = span;
		if (span) {
			element.replaceChildren(...content(span, view, close));
			element.scrollTop = top;
		}
	}

	view.on(draw);
	return {element, close};
}
