// SPDX-License-Identifier: Apache-2.0
// Tables of attributes. Long values are shown in part until the rest is wanted.

import {copyButton, make} from "../dom.js";
import {formatBytes, plural} from "../format.js";
import {valueText, valueType} from "../model/otlp.js";

const SHOWN_CHARACTERS = 1200;

export function longText(text) {
	const value = make("bdi", {className: "value"}, text.slice(0, SHOWN_CHARACTERS));
	if (text.length <= SHOWN_CHARACTERS) {
		return value;
	}
	const all = make("button", {type: "button", className: "all"}, `… all ${formatBytes(text.length)}`);
	all.addEventListener("click", () => {
		value.textContent = text;
		all.remove();
	});
	return make("span", {}, value, all);
}

// rows: [name, text, hint] or [name, element]
export function factTable(rows, label) {
	return make("table", {className: "facts", "aria-label": label}, make("tbody", {}, rows.map(([name, value, hint]) =>
		make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, name.slice(0, SHOWN_CHARACTERS))),
			make("td", {}, typeof value === "string" ? longText(value) : value,
				hint ? make("span", {className: "hint"}, hint) : null,
				typeof value === "string" && value ? copyButton(`Copy ${name.slice(0, 60)}`, () => value, "⧉") : null)))));
}

export function attributeTable(attributes, label) {
	return factTable([...attributes].sort((a, b) => (a.key < b.key ? -1 : 1)).map((pair) =>
		[pair.key || "", valueText(pair.value), valueType(pair.value)]), label);
}

// A section that can be closed. Which are closed is kept for the next span.
const closed = new Set();

export function section(title, count, ...content) {
	const details = make("details", {className: "section", open: !closed.has(title)},
		make("summary", {}, title, count === null ? null : make("span", {className: "count-badge"}, String(count))), ...content);
	details.addEventListener("toggle", () => closed[details.open ? "delete" : "add"](title));
	return details;
}

export function droppedNote(n, word) {
	return n ? make("p", {className: "warning-text"}, `${plural(n, word)} dropped by the program that sent this.`) : null;
}
