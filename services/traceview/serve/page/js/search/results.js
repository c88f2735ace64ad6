// SPDX-License-Identifier: Apache-2.0
// The list of traces that were found. Rows are kept by their trace, so that focus stays on refresh.

import {base} from "../api.js";
import {colorClass} from "../color.js";
import {make, nameOf} from "../dom.js";
import {formatAge, formatNs, formatTime, plural} from "../format.js";

const SERVICES_SHOWN = 8; // names below a trace

function serviceChip(service) {
	return make("span", {className: `chip ${colorClass(service.name)}`}, make("span", {className: "dot"}),
		nameOf(service.name), make("span", {className: "quiet"}, `×${service.spans}`),
		service.errors ? make("span", {className: "error-text"}, `${service.errors} ✗`) : null);
}

// One strip: the services' shares of the spans.
function serviceBar(trace) {
	const bar = make("span", {className: "service-bar", "aria-hidden": "true"});
	for (const service of trace.services) {
		const part = make("span", {className: colorClass(service.name)});
		part.style.flexGrow = service.spans;
		bar.append(part);
	}
	return bar;
}

function makeRow(trace, selection) {
	const link = make("a", {className: "title", href: `${base}/trace/${trace.id}`},
		nameOf(trace.service, "service"), " ", nameOf(trace.operation, "operation"));
	const box = make("input", {type: "checkbox", "aria-label": `Compare trace ${trace.id.slice(0, 7)}`,
		title: "Choose two to compare (x)", checked: selection.has(trace.id)});
	box.addEventListener("change", () => selection.toggle(trace.id, box.checked));
	const others = trace.services.length - SERVICES_SHOWN;
	const row = make("li", {className: trace.errors ? "result has-errors" : "result", "data-id": trace.id},
		box,
		make("div", {className: "what"}, make("div", {className: "line"}, link,
			make("code", {className: "short-id"}, trace.id.slice(0, 7))),
		make("div", {className: "chips"}, trace.services.slice(0, SERVICES_SHOWN).map(serviceChip),
			others > 0 ? make("span", {className: "quiet"}, `and ${plural(others, "more service")}`) : null)),
		make("div", {className: "figures"},
			trace.errors ? make("span", {className: "badge error"}, plural(trace.errors, "error")) : null,
			trace.orphans ? make("span", {className: "badge warning", title: "Spans whose parents have not arrived"},
				"incomplete") : null,
			make("span", {className: "quiet"}, plural(trace.spans, "span"))),
		make("div", {className: "duration"}, make("strong", {}, formatNs(trace.durationNs)),
			make("span", {className: "track"}, make("span", {className: "length"}, serviceBar(trace)))),
		make("time", {className: "age quiet", datetime: new Date(trace.startMs).toISOString(),
			title: formatTime(trace.startMs)}, formatAge(trace.startMs)));
	return row;
}

function keyOf(trace) {
	return `${trace.spans} ${trace.errors} ${trace.orphans} ${trace.durationNs} ${trace.startMs}`;
}

export function makeResults(selection) {
	const list = make("ol", {className: "results", "aria-label": "Traces"});
	const rows = new Map(); // by trace id: {key, row}

	function rowOf(trace) {
		const known = rows.get(trace.id);
		if (known && known.key === keyOf(trace)) {
			return known.row;
		}
		const hadFocus = known && known.row.contains(document.activeElement);
		const row = makeRow(trace, selection);
		rows.set(trace.id, {key: keyOf(trace), row, hadFocus});
		return row;
	}

	function place(wanted) {
		const focused = list.contains(document.activeElement) ? document.activeElement : null;
		const id = focused && focused.closest(".result").dataset.id;
		const which = focused && focused.matches("input") ? "input" : "a";
		if (wanted.length !== list.children.length || wanted.some((row, i) => row !== list.children[i])) {
			list.replaceChildren(...wanted);
			const again = id && rows.get(id) && rows.get(id).row;
			if (again && again.isConnected) {
				again.querySelector(which).focus({preventScroll: true});
			}
		}
	}

	function links() {
		return [...list.querySelectorAll("a.title")];
	}

	return {
		element: list,
		show(traces) {
			const longest = Math.max(1, ...traces.map((trace) => trace.durationNs));
			place(traces.map((trace) => {
				const row = rowOf(trace);
				row.querySelector(".length").style.width = `${Math.max(0.5, (100 * trace.durationNs) / longest)}%`;
				row.querySelector("time").textContent = formatAge(trace.startMs);
				row.querySelector("input").checked = selection.has(trace.id);
				return row;
			}));
		},
		move(by) {
			const all = links();
			const at = all.indexOf(document.activeElement);
			const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
			if (next) {
				next.focus();
				next.closest("li").scrollIntoView({block: "nearest"});
			}
		},
		toggleFocused() {
			const row = document.activeElement.closest && document.activeElement.closest(".result");
			if (!row) {
				return false;
			}
			row.querySelector("input").click();
			return true;
		},
		mark(id) {
			list.querySelectorAll(".marked").forEach((row) => row.classList.remove("marked"));
			const known = rows.get(id);
			if (known) {
				known.row.classList.add("marked");
			}
		},
	};
}
