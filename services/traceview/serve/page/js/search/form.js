// SPDX-License-Identifier: Apache-2.0
// The form of a search. It shows what the URL says, and reports each change.

import {getList} from "../api.js";
import {clip, make} from "../dom.js";
import {LIMIT_DEFAULT, parseTags} from "../url.js";
import {parseDuration} from "../format.js";

const LOOKBACKS = [["", "everything kept"], ["5m", "last 5 minutes"], ["15m", "last 15 minutes"], ["1h", "last hour"],
	["6h", "last 6 hours"], ["1d", "last day"], ["2d", "last 2 days"], ["7d", "last week"], ["custom", "from … to …"]];

function options(select, list, selected) {
	const all = list.some(([value]) => value === selected) ? list : [...list, [selected, selected]];
	const key = JSON.stringify(all);
	if (select.dataset.key !== key) { // an open list is not touched without need
		select.dataset.key = key;
		select.replaceChildren(...all.map(([value, text]) => make("option", {value}, clip(text, 80))));
	}
	select.value = selected;
}

function field(label, control, hint) {
	return make("label", {className: "field"}, make("span", {}, label), control, hint ? make("small", {}, hint) : null);
}

function text(name, placeholder) {
	return make("input", {name, type: "text", placeholder, autocomplete: "off", spellcheck: "false"});
}

// microseconds since 1970 <-> what <input type=datetime-local> holds
function toLocal(us) {
	if (!us) {
		return "";
	}
	const t = new Date(Number(us) / 1000);
	return new Date(t.getTime() - t.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

function fromLocal(value) {
	return value ? String(new Date(value).getTime() * 1000) : "";
}

export function makeForm(onchange) {
	const controls = {
		service: make("select", {name: "service"}),
		operation: make("select", {name: "operation"}),
		tags: text("tags", "http.response.status_code=503 error"),
		minDuration: text("minDuration", "100ms"),
		maxDuration: text("maxDuration", "1.5s"),
		lookback: make("select", {name: "lookback"}),
		start: make("input", {name: "start", type: "datetime-local", step: "1"}),
		end: make("input", {name: "end", type: "datetime-local", step: "1"}),
		limit: make("input", {name: "limit", type: "number", min: "1", max: "1500", placeholder: String(LIMIT_DEFAULT)}),
	};
	const custom = make("div", {className: "pair", hidden: true}, field("From", controls.start), field("To", controls.end));
	const form = make("form", {className: "search-form", "aria-label": "Search for traces"},
		field("Service", controls.service),
		field("Operation", controls.operation),
		field("Tags", controls.tags, "key=value, several with blanks between them"),
		make("div", {className: "pair"}, field("At least", controls.minDuration), field("At most", controls.maxDuration)),
		field("Time", controls.lookback), custom,
		field("Traces shown", controls.limit),
		make("div", {className: "actions"}, make("button", {className: "primary", type: "submit"}, "Find traces"),
			make("button", {type: "reset"}, "Clear")));
	options(controls.lookback, LOOKBACKS, "");

	function values() {
		const search = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value.trim()]));
		search.start = search.lookback === "custom" ? fromLocal(search.start) : "";
		search.end = search.lookback === "custom" ? fromLocal(search.end) : "";
		search.limit = search.limit === String(LIMIT_DEFAULT) ? "" : search.limit;
		return search;
	}

	function check() {
		for (const name of ["minDuration", "maxDuration"]) {
			const value = controls[name].value.trim();
			controls[name].setCustomValidity(value && Number.isNaN(parseDuration(value)) ?
				"A duration such as 300ms, 1.5s or 1m30s" : "");
		}
		const tags = controls.tags.value.trim();
		controls.tags.setCustomValidity(tags && !Object.keys(parseTags(tags)).length ? "key=value pairs" : "");
		return form.reportValidity();
	}

	function changed() {
		custom.hidden = controls.lookback.value !== "custom";
		if (check()) {
			onchange(values());
		}
	}

	form.addEventListener("submit", (event) => {
		event.preventDefault();
		changed();
	});
	form.addEventListener("change", (event) => {
		if (event.target === controls.service) {
			controls.operation.value = "";
		}
		changed();
	});
	form.addEventListener("reset", () => setTimeout(() => {
		for (const control of Object.values(controls)) {
			control.value = "";
		}
		changed();
	}));

	return {
		element: form,
		focus: () => controls.service.focus(),
		// Fills the form from a search; fields that a person is in are left alone.
		show(search, services, operations) {
			options(controls.service, [["", "all services"], ...services.map((name) => [name, name])], search.service);
			options(controls.operation, [["", "all operations"], ...operations.map((name) => [name, name])], search.operation);
			for (const name of ["tags", "minDuration", "maxDuration", "limit"]) {
				if (document.activeElement !== controls[name]) {
					controls[name].value = search[name];
				}
			}
			if (LOOKBACKS.every(([value]) => value !== search.lookback)) {
				options(controls.lookback, [...LOOKBACKS, [search.lookback, `last ${search.lookback}`]], search.lookback);
			}
			controls.lookback.value = search.lookback;
			custom.hidden = search.lookback !== "custom";
			controls.start.value = toLocal(search.start);
			controls.end.value = toLocal(search.end);
		},
	};
}

export async function operationsOf(service) {
	return service ? getList(`/api/services/${encodeURIComponent(service)}/operations`) : [];
}
