// SPDX-License-Identifier: Apache-2.0
// Where the time went: the self time of each span, and the critical path, which decides how long the trace took.

// The parts of a span that no child covers, as [from, to] pairs.
export function selfParts(span) {
	const parts = [];
	let at = span.start;
	for (const child of span.children) { // sorted by start
		if (child.start >= span.end) {
			break;
		}
		if (child.start > at) {
			parts.push([at, child.start]);
		}
		at = Math.max(at, child.end);
	}
	if (at < span.end) {
		parts.push([at, span.end]);
	}
	return parts;
}

function sum(parts) {
	return parts.reduce((total, [from, to]) => total + to - from, 0);
}

// Walks back from the end: the child that ended last is what the span waited for; before that child began, the one
// that ended last before it; what lies between is the span's own.
function walkBack(root) {
	const stack = [{span: root, end: root.end}];
	while (stack.length) {
		const {span, end} = stack.pop();
		let at = end;
		const children = span.children.filter((child) => child.start < end && child.end > span.start)
			.map((child) => ({child, end: Math.min(child.end, end)})).sort((a, b) => b.end - a.end);
		for (const {child, end: childEnd} of children) {
			if (childEnd > at || child.start >= at) {
				continue;
			}
			if (childEnd < at) {
				span.critical.push([childEnd, at]);
			}
			stack.push({span: child, end: childEnd});
			at = Math.max(span.start, child.start);
		}
		if (at > span.start) {
			span.critical.push([span.start, at]);
		}
	}
}

// Adds self (ns), critical (parts) and criticalNs to each span.
export function measure(trace) {
	for (const span of trace.spans) {
		span.self = sum(selfParts(span));
		span.critical = [];
	}
	walkBack(trace.root);
	for (const span of trace.spans) {
		span.criticalNs = sum(span.critical);
	}
	return trace;
}

// Services and operations by their share of the critical path, greatest first: {service, name, ns, n, span}, where
// span is the one with the greatest share.
export function hotOperations(trace) {
	const hot = new Map();
	for (const span of trace.spans) {
		if (!span.criticalNs) {
			continue;
		}
		const key = `${span.service}\n${span.name}`;
		const entry = hot.get(key) || {service: span.service, name: span.name, ns: 0, n: 0, span};
		entry.ns += span.criticalNs;
		entry.n++;
		entry.span = span.criticalNs > entry.span.criticalNs ? span : entry.span;
		hot.set(key, entry);
	}
	return [...hot.values()].sort((a, b) => b.ns - a.ns);
}

// A row for each service and operation.
export function byOperation(trace) {
	const rows = new Map();
	for (const span of trace.spans) {
		const key = `${span.service}\n${span.name}`;
		const row = rows.get(key) || {service: span.service, name: span.name, n: 0, errors: 0, total: 0, self: 0,
			critical: 0, all: [], longest: span};
		row.n++;
		row.errors += span.isError ? 1 : 0;
		row.total += span.end - span.start;
		row.self += span.self;
		row.critical += span.criticalNs;
		row.all.push(span.end - span.start);
		row.longest = span.end - span.start > row.longest.end - row.longest.start ? span : row.longest;
		rows.set(key, row);
	}
	for (const row of rows.values()) {
		row.all.sort((a, b) => a - b);
		row.average = row.total / row.n;
		row.max = row.all.at(-1);
		row.p95 = row.all[Math.min(row.n - 1, Math.ceil(0.95 * row.n) - 1)];
	}
	return [...rows.values()];
}
