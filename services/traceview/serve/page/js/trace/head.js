// SPDX-License-Identifier: Apache-2.0
// The head of a trace: what it is, where its time went, its errors and warnings.

import {base, getText} from "../api.js";
import {colorClass} from "../color.js";
import {copyButton, download, make, nameOf} from "../dom.js";
import {formatCount, formatNs, formatPercent, formatTime, plural} from "../format.js";
import {hotOperations} from "../model/time.js";

const HOT_SHOWN = 3;
const SERVICES_SHOWN = 12;

// "3 errors ‹ ›": a button to the previous and to the next of some spans.
function stepper(className, spans, word, view) {
	if (!spans.length) {
		return null;
	}
	const go = (by) => () => view.goAmong(spans, by);
	return make("span", {className: `stepper ${className}`}, plural(spans.length, word),
		make("button", {type: "button", "aria-label": `Previous ${word}`, onclick: go(-1)}, "‹"),
		make("button", {type: "button", "aria-label": `Next ${word}`, onclick: go(1)}, "›"));
}

function hotButton(entry, view) {
	const part = formatPercent(entry.ns, view.trace.duration);
	const button = make("button", {type: "button", className: `hot ${colorClass(entry.service)}`,
		title: `${entry.service}: on the critical path for ${formatNs(entry.ns)}`,
		onclick: () => view.goTo(entry.span, true)},
	make("span", {className: "hot-bar"}), make("span", {className: "dot"}), nameOf(entry.name),
	entry.n > 1 ? make("span", {className: "quiet"}, `×${formatCount(entry.n)}`) : null,
	make("strong", {}, formatNs(entry.ns)), make("span", {className: "quiet"}, part));
	button.querySelector(".hot-bar").style.width = `${(100 * entry.ns) / view.trace.duration}%`;
	return button;
}

function downloads(trace) {
	const save = (path, suffix) => async () => download(`trace-${trace.id.slice(0, 8)}${suffix}.json`, "application/json",
		await getText(path));
	return make("details", {className: "menu"}, make("summary", {}, "Save"), make("div", {className: "menu-list"},
		make("button", {type: "button", onclick: save(`/api/v3/traces/${trace.id}`, ".otlp")}, "OTLP JSON"),
		make("button", {type: "button", onclick: save(`/api/traces/${trace.id}`, "")}, "Jaeger JSON"),
		make("a", {href: `${base}/api/traces/${trace.id}`, target: "_blank"}, "Jaeger JSON in a tab"),
		make("a", {href: `${base}/api/v3/traces/${trace.id}`, target: "_blank"}, "OTLP JSON in a tab")));
}

function skewNote(trace, view) {
	if (!trace.adjusted && view.adjust) {
		return null;
	}
	return make("label", {className: "skew", title: "Clocks differ between machines"},
		make("input", {type: "checkbox", checked: view.adjust, onchange: (event) => view.setAdjust(event.target.checked)}),
		view.adjust ? `clock skew adjusted in ${plural(trace.adjusted, "span")}` : "adjust clock skew");
}

function services(trace, view) {
	const list = [...trace.services].sort((a, b) => b[1] - a[1]);
	return make("div", {className: "legend"}, list.slice(0, SERVICES_SHOWN).map(([service, n]) =>
		make("button", {type: "button", className: `chip ${colorClass(service)}`, title: "Find its spans",
			onclick: () => view.find.set(service)}, make("span", {className: "dot"}), nameOf(service),
		make("span", {className: "quiet"}, formatCount(n)))),
	list.length > SERVICES_SHOWN ? make("span", {className: "quiet"}, `and ${plural(list.length - SERVICES_SHOWN, "more service")}`) : null);
}

export function makeHead(view, tabs) {
	const title = make("h1", {className: "trace-title"});
	const facts = make("div", {className: "trace-facts"});
	const hot = make("div", {className: "hot-list"});
	const legend = make("div");
	const actions = make("div", {className: "trace-actions"});
	let shown = null;

	function draw() {
		if (view.trace === shown) {
			return;
		}
		const {trace} = view;
		shown = trace;
		document.title = `${trace.root.name.slice(0, 80)} – traceview`;
		title.replaceChildren(nameOf(trace.root.service, "quiet"), " ", nameOf(trace.root.name));
		facts.replaceChildren(...[
			make("strong", {className: "total"}, formatNs(trace.duration)),
			make("span", {}, plural(trace.spans.length, "span")),
			make("span", {}, plural(trace.services.size, "service")),
			make("span", {}, `${trace.depth} deep`),
			make("span", {}, formatTime(trace.startMs)),
			stepper("error", trace.errors, "error", view),
			stepper("warning", trace.warned, "warning", view),
			skewNote(trace, view),
			make("span", {className: "id"}, make("code", {}, trace.id.slice(0, 16)), copyButton("Copy the trace's id", () => trace.id, "Copy ID")),
		].filter(Boolean));
		hot.replaceChildren(make("span", {className: "hot-title", title: "The operations that decided how long the trace took"},
			"Time went to ", make("kbd", {}, "h")), ...hotOperations(trace).slice(0, HOT_SHOWN).map((entry) => hotButton(entry, view)));
		legend.replaceChildren(services(trace, view));
		actions.replaceChildren(downloads(trace));
	}

	view.on(draw);
	draw();
	return make("header", {className: "trace-head"},
		make("div", {className: "trace-line"}, title, tabs, actions), facts,
		make("div", {className: "trace-line"}, hot, view.find.element), legend);
}
