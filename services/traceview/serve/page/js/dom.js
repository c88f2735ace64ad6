// SPDX-License-Identifier: Apache-2.0
// Makes elements. What comes out of a trace becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const CLIP_CHARACTERS = 300; // of a name in a row

function setAll(element, properties) {
	for (const [name, value] of Object.entries(properties)) {
		if (name.startsWith("on")) {
			element.addEventListener(name.slice(2), value);
		} else if (value === null || value === undefined || value === false) {
			continue;
		} else if (name === "className" || name === "value" || name === "checked" || name === "hidden") {
			element[name] = value;
		} else {
			element.setAttribute(name, value === true ? "" : String(value));
		}
	}
}

// make("a", {className: "x", href: "/", onclick: f}, "text", child, ...); children of null are left out
export function make(tag, properties, ...children) {
	const element = document.createElement(tag);
	setAll(element, properties || {});
	element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
	return element;
}

export function makeSvg(tag, properties, ...children) {
	const element = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(properties || {})) {
		if (name.startsWith("on")) {
			element.addEventListener(name.slice(2), value);
		} else {
			element.setAttribute(name, String(value));
		}
	}
	element.append(...children);
	return element;
}

export function clip(text, characters = CLIP_CHARACTERS) {
	return text.length <= characters ? text : `${text.slice(0, characters)}…`;
}

// A name from a trace: clipped, and isolated, so that its direction does not turn what is around it.
export function nameOf(text, className) {
	return make("bdi", {className: className || ""}, text === "" ? "(no name)" : clip(text));
}

export function announce(text) {
	document.getElementById("status").textContent = text;
}

// A button that copies what text() returns.
export function copyButton(label, text, content = "Copy") {
	const button = make("button", {type: "button", className: "copy", "aria-label": label, title: label}, content);
	button.addEventListener("click", async (event) => {
		event.stopPropagation();
		const copied = await copyText(text());
		button.textContent = copied ? "Copied" : "Not allowed";
		setTimeout(() => {
			button.textContent = content;
		}, 1200);
	});
	return button;
}

export async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
		announce("Copied");
		return true;
	} catch {
		announce("The browser does not allow copying here");
		return false;
	}
}

export function download(fileName, type, text) {
	const url = URL.createObjectURL(new Blob([text], {type}));
	make("a", {href: url, download: fileName}).click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}
