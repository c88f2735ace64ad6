// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them.

const DAY_NS = 86400e9;

// Three digits: 1.82 s, 300 ms, 12.5 µs, 85 ns.
export function formatNs(ns) {
	if (ns < 0) {
		return `−${formatNs(-ns)}`;
	}
	if (ns >= DAY_NS) {
		return `${Math.floor(ns / DAY_NS)} d ${Math.floor(ns / 3600e9) % 24} h`;
	}
	if (ns >= 3600e9) {
		return `${Math.floor(ns / 3600e9)} h ${Math.floor(ns / 60e9) % 60} m`;
	}
	if (ns >= 60e9) {
		return `${Math.floor(ns / 60e9)} m ${Math.floor(ns / 1e9) % 60} s`;
	}
	const [value, unit] = ns >= 999.5e6 ? [ns / 1e9, "s"] : ns >= 999.5e3 ? [ns / 1e6, "ms"] :
		ns >= 999.5 ? [ns / 1e3, "µs"] : [ns, "ns"];
	const digits = unit === "ns" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	return `${trimZeros(value.toFixed(digits))} ${unit}`;
}

function trimZeros(text) {
	return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function formatCount(n) {
	return n.toLocaleString("en-US");
}

export function plural(n, word) {
	return `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;
}

export function formatPercent(part, whole) {
	const percent = whole > 0 ? (100 * part) / whole : 0;
	if (percent > 0 && percent < 0.05) {
		return "< 0.1 %";
	}
	return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

export function formatBytes(bytes) {
	return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(bytes >= 1e7 ? 0 : 1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

export function formatAge(ms, now = Date.now()) {
	const seconds = Math.max(0, Math.round((now - ms) / 1000));
	if (seconds < 60) {
		return `${seconds} s ago`;
	}
	if (seconds < 3600) {
		return `${Math.floor(seconds / 60)} min ago`;
	}
	return seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86400)} d ago`;
}

function pad(n, digits = 2) {
	return String(n).padStart(digits, "0");
}

// Local time: 2026-11-28 06:42:07.123
export function formatTime(ms) {
	const t = new Date(ms);
	if (Number.isNaN(t.getTime())) {
		return "unknown time";
	}
	return `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())} ` +
		`${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}.${pad(t.getMilliseconds(), 3)}`;
}

export function formatClock(ms) {
	return formatTime(ms).slice(11, 19);
}

// Go's durations, as the API reads them, in ns: 1h2m, 1.5s, 300ms; NaN when it is none.
export function parseDuration(text) {
	const units = {ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9};
	const pattern = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy;
	let total = 0;
	let at = 0;
	for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
		total += Number(match[1]) * units[match[2]];
		at = pattern.lastIndex;
	}
	return at > 0 && at === text.length ? total : NaN;
}

// Round steps for about n ticks from one value to another: 1, 2 or 5 times a power of ten.
export function niceTicks(from, to, n) {
	const span = to - from;
	if (!(span > 0)) {
		return [from];
	}
	const power = 10 ** Math.floor(Math.log10(span / n));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => span / candidate <= n);
	const ticks = [];
	for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) {
		ticks.push(i * step);
	}
	return ticks;
}
