// SPDX-License-Identifier: Apache-2.0
// Makes a tree of spans: who is whose parent, what is odd about it, and the order of reading.

import {adjustSkew} from "./skew.js";

const SERVER_OF_SHARED = "server"; // of two spans with one id, the one that has the children

function groupById(spans) {
	const byId = new Map();
	for (const span of spans) {
		const same = byId.get(span.id);
		if (same) {
			same.push(span);
		} else {
			byId.set(span.id, [span]);
		}
	}
	return byId;
}

// Keys stay the same when the trace grows: the id, and a number for further spans with that id.
function setKeys(byId) {
	for (const [id, same] of byId) {
		same.forEach((span, i) => {
			span.key = i === 0 ? id : `${id}.${i + 1}`;
			if (same.length > 1) {
				span.warnings.push(`${same.length} spans have the id ${id}.`);
			}
		});
	}
}

// Zipkin's client and server spans may share one id: the server's is below the client's.
function findParent(span, byId) {
	const same = byId.get(span.id);
	if (same.length > 1 && span.kind === SERVER_OF_SHARED) {
		const client = same.find((other) => other !== span && other.kind === "client");
		if (client) {
			return client;
		}
	}
	const candidates = byId.get(span.parentId) || [];
	return candidates.find((other) => other !== span && other.kind === SERVER_OF_SHARED) ||
		candidates.find((other) => other !== span) || null;
}

function linkParents(spans, byId) {
	for (const span of spans) {
		span.children = [];
	}
	for (const span of spans) {
		span.parent = span.parentId || byId.get(span.id).length > 1 ? findParent(span, byId) : null;
		if (span.parent) {
			span.parent.children.push(span);
		} else if (span.parentId === span.id && span.id) {
			span.warnings.push("It names itself as its parent.");
		} else if (span.parentId) {
			span.warnings.push(`Its parent ${span.parentId} is not in the trace.`);
		}
	}
}

function byStart(a, b) {
	return a.start - b.start || b.end - a.end || (a.key < b.key ? -1 : 1);
}

function markReached(root, reached) {
	const stack = [root];
	while (stack.length) {
		const span = stack.pop();
		if (!reached.has(span)) {
			reached.add(span);
			stack.push(...span.children);
		}
	}
}

// Cuts each cycle of parents at its earliest span, which becomes a root.
function cutCycles(spans) {
	const reached = new Set();
	spans.filter((span) => !span.parent).forEach((span) => markReached(span, reached));
	for (const span of spans.filter((candidate) => !reached.has(candidate)).sort(byStart)) {
		if (reached.has(span)) {
			continue;
		}
		span.warnings.push("Its parents form a cycle, which is cut here.");
		span.parent.children.splice(span.parent.children.indexOf(span), 1);
		span.parent = null;
		markReached(span, reached);
	}
}

// Numbers the spans in the order of reading: depth, index, and the index after the last one below.
function numberSpans(roots) {
	const order = [];
	const stack = [...roots].reverse().map((span) => ({span, depth: 0}));
	while (stack.length) {
		const {span, depth} = stack.pop();
		span.depth = depth;
		span.index = order.length;
		order.push(span);
		for (let i = span.children.length - 1; i >= 0; i--) {
			stack.push({span: span.children[i], depth: depth + 1});
		}
	}
	for (let i = order.length - 1; i >= 0; i--) {
		const last = order[i].children.at(-1);
		order[i].after = last ? last.after : i + 1;
	}
	return order;
}

// The root that a trace is named by: the earliest without a parent, else the earliest.
function mainRoot(roots) {
	return roots.find((span) => !span.parentId) || roots[0];
}

// Adds to a trace: roots, root, spans in reading order, start and end, depth, services by number of spans.
export function growTree(trace, {adjust = true} = {}) {
	const byId = groupById(trace.spans);
	setKeys(byId);
	linkParents(trace.spans, byId);
	cutCycles(trace.spans);
	const roots = trace.spans.filter((span) => !span.parent).sort(byStart);
	trace.adjusted = adjust ? adjustSkew(roots) : 0;
	for (const span of trace.spans) {
		span.children.sort(byStart);
	}
	trace.roots = roots.sort(byStart);
	trace.root = mainRoot(trace.roots);
	trace.spans = numberSpans(trace.roots);
	trace.byKey = new Map(trace.spans.map((span) => [span.key, span]));
	trace.start = trace.spans.reduce((least, span) => Math.min(least, span.start), Infinity);
	trace.end = trace.spans.reduce((most, span) => Math.max(most, span.end), -Infinity);
	trace.duration = Math.max(1, trace.end - trace.start);
	trace.depth = 1 + trace.spans.reduce((most, span) => Math.max(most, span.depth), 0);
	trace.errors = trace.spans.filter((span) => span.isError);
	trace.warned = trace.spans.filter((span) => span.warnings.length);
	trace.services = countServices(trace.spans);
	return trace;
}

function countServices(spans) {
	const counts = new Map();
	for (const span of spans) {
		counts.set(span.service, (counts.get(span.service) || 0) + 1);
	}
	return counts;
}
