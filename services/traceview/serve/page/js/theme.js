// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it.

const CHOICES = ["auto", "light", "dark"];
const LABELS = {auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark"};
const SIGNS = {auto: "◐", light: "☀", dark: "☾"};

function stored() {
	try {
		const choice = localStorage.getItem("theme");
		return CHOICES.includes(choice) ? choice : "auto";
	} catch {
		return "auto"; // storage may be off
	}
}

export function applyTheme(choice = stored()) {
	document.documentElement.dataset.theme = choice;
}

export function nextTheme() {
	const choice = CHOICES[(CHOICES.indexOf(document.documentElement.dataset.theme) + 1) % CHOICES.length];
	applyTheme(choice);
	try {
		localStorage.setItem("theme", choice);
	} catch {
		// it holds for this page
	}
	dispatchEvent(new Event("themechange"));
	return choice;
}

export function labelTheme(button) {
	const choice = document.documentElement.dataset.theme;
	button.textContent = SIGNS[choice];
	button.setAttribute("aria-label", LABELS[choice]);
	button.title = `${LABELS[choice]} (d)`;
}
