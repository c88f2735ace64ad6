// SPDX-License-Identifier: Apache-2.0
// The page's frame, and which part of it a path shows.

import {base} from "./api.js";
import {make} from "./dom.js";
import {bindKeys, showHelp} from "./keyboard.js";
import {applyTheme, labelTheme, nextTheme} from "./theme.js";
import {pathOfPasted} from "./url.js";

const main = document.getElementById("main");

function goToPasted(input) {
	const path = pathOfPasted(input.value);
	if (path) {
		location.assign(base + path);
		return;
	}
	input.setCustomValidity("This holds no trace id: 32 hex digits, a traceparent, or a URL of a trace");
	input.reportValidity();
}

function openForm() {
	const input = make("input", {id: "open", type: "search", placeholder: "Trace ID, traceparent or URL",
		"aria-label": "Open a trace: its id, a traceparent or a URL", autocomplete: "off", spellcheck: "false"});
	input.addEventListener("input", () => input.setCustomValidity(""));
	input.addEventListener("paste", () => setTimeout(() => pathOfPasted(input.value) && goToPasted(input)));
	input.addEventListener("keydown", (event) => event.key === "Escape" && input.blur());
	return make("form", {className: "open", role: "search", "aria-label": "Open a trace", onsubmit: (event) => {
		event.preventDefault();
		goToPasted(input);
	}}, input);
}

function navLink(path, text, current) {
	return make("a", {href: base + path, "aria-current": current ? "page" : null}, text);
}

function drawTop(part) {
	const theme = make("button", {type: "button", className: "icon", onclick: changeTheme});
	function changeTheme() {
		nextTheme();
		labelTheme(theme);
	}
	labelTheme(theme);
	document.getElementById("top").replaceChildren(
		make("a", {className: "home", href: `${base}/search`, "aria-label": "traceview"},
			make("img", {src: `${base}/ui/icon.svg`, alt: "", width: 20, height: 20}), make("span", {}, "traceview")),
		make("nav", {"aria-label": "Pages"}, navLink("/search", "Search", part === "search"),
			navLink("/dependencies", "Dependencies", part === "dependencies")),
		openForm(), theme,
		make("button", {type: "button", className: "icon", "aria-label": "Keys", title: "Keys (?)", onclick: showHelp}, "?"));
	bindKeys("Everywhere", [
		["?", "this list", showHelp],
		["o", "open a trace by its id", () => document.getElementById("open").focus()],
		["d", "light, dark, or as the system", changeTheme],
		["u", "to the search", () => location.assign(`${base}/search`)],
		["g", "to the graph of services", () => location.assign(`${base}/dependencies`)],
	]);
}

function showError(title, error) {
	main.replaceChildren(make("div", {className: "empty"}, make("h1", {}, title),
		make("p", {}, String(error.message || error)),
		make("p", {}, make("a", {href: `${base}/search`}, "Search for traces"))));
}

// [part, argument] of a path
function route(path) {
	const trace = /^\/trace\/([^/]+)$/.exec(path);
	if (trace) {
		const ids = decodeURIComponent(trace[1]).split("...");
		return ids.length === 2 ? ["compare", ids] : ["trace", ids[0]];
	}
	return path === "/" || path === "/search" ? ["search"] : path === "/dependencies" ? ["dependencies"] : ["nothing"];
}

const parts = {
	search: () => import("./search/page.js"),
	trace: () => import("./trace/page.js"),
	compare: () => import("./graph/compare.js"),
	dependencies: () => import("./graph/dependencies.js"),
};

async function start() {
	applyTheme();
	const [part, argument] = route(location.pathname.slice(base.length));
	document.body.dataset.part = part;
	drawTop(part);
	if (part === "nothing") {
		showError("Nothing here", "There is no page at this path.");
		return;
	}
	try {
		await (await parts[part]()).show(main, argument);
	} catch (error) {
		showError(error.status === 404 ? "There is no such trace" : "This could not be shown", error);
	}
}

start();
