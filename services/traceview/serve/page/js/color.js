// SPDX-License-Identifier: Apache-2.0
// A colour for each service: the same on every page as long as there are no more services than colours.

const N_COLORS = 24; // .c0 to .c23 in base.css
const colors = new Map();

function hash(text) {
	let h = 2166136261;
	for (let i = 0; i < text.length; i++) {
		h = Math.imul(h ^ text.charCodeAt(i), 16777619);
	}
	return (h ^ (h >>> 13)) >>> 0;
}

// Gives the services colours that differ as long as there are enough.
export function assignColors(services) {
	const taken = new Set(colors.values());
	for (const service of [...services].sort()) {
		if (colors.has(service)) {
			continue;
		}
		let color = hash(service) % N_COLORS;
		for (let i = 0; i < N_COLORS && taken.has(color) && taken.size < N_COLORS; i++) {
			color = (color + 7) % N_COLORS;
		}
		taken.add(color);
		colors.set(service, color);
	}
}

export function colorClass(service) {
	if (!colors.has(service)) {
		assignColors([service]);
	}
	return `c${colors.get(service)}`;
}
