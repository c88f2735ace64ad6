// SPDX-License-Identifier: Apache-2.0
// Keys: each page binds its own; `?` shows them.

import {make} from "./dom.js";

const bindings = [];

// keys: names as in KeyboardEvent.key; run() may return false when the key is not for it
export function bindKeys(group, list) {
	for (const [keys, text, run, label] of list) {
		bindings.push({group, keys: keys.split(" "), text, run, label: label || keys});
	}
}

function isTyping(element) {
	return element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
}

function onKey(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
		return;
	}
	if (document.querySelector("dialog[open]") || isTyping(event.target)) {
		return;
	}
	const isOnControl = event.target.closest("button, a, summary");
	if (isOnControl && (event.key === "Enter" || event.key === " ")) {
		return;
	}
	const binding = bindings.find(({keys}) => keys.includes(event.key));
	if (binding && binding.run(event) !== false) {
		event.preventDefault();
	}
}

export function showHelp() {
	let dialog = document.getElementById("help");
	if (!dialog) {
		dialog = make("dialog", {id: "help", "aria-labelledby": "help-title"},
			make("h2", {id: "help-title"}, "Keys"), helpLists(),
			make("form", {method: "dialog"}, make("button", {className: "primary", autofocus: true}, "Close")));
		document.body.append(dialog);
	}
	dialog.showModal();
}

function helpLists() {
	const groups = [...new Set(bindings.map(({group}) => group))];
	return make("div", {className: "help-groups"}, groups.map((group) => make("section", {},
		make("h3", {}, group),
		make("dl", {}, bindings.filter((binding) => binding.group === group && binding.text).flatMap(({label, text}) =>
			[make("dt", {}, label.split(" ").map((key) => make("kbd", {}, key))), make("dd", {}, text)])))));
}

addEventListener("keydown", onKey);
