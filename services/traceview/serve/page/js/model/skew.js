// SPDX-License-Identifier: Apache-2.0
// Clocks of two machines differ. A span of another process that lies outside its parent, though it cannot, is
// moved into it, by half of the time that is left, together with what that process did below it.
//
// The rule is Jaeger's (internal/jaegerptrace/.../clockskew.go), applied less often: Jaeger moves each span that does
// not fit, also one that runs on after its parent by intent. Here a span is moved only when it starts before its
// parent, or answers a client that has ended.

import {formatNs} from "../format.js";

const TOLERANCE_NS = 1000; // many clocks are read in microseconds

function isElsewhere(span, parent) {
	if (span.resource === parent.resource) {
		return false;
	}
	const [a, b] = [span.resource.host, parent.resource.host];
	return !a || !b || a !== b || span.service !== parent.service;
}

function skewOf(span, parent) {
	const startsEarly = span.start < parent.start - TOLERANCE_NS;
	const waits = parent.kind === "client" && span.kind === "server";
	if (!startsEarly && !(waits && span.end > parent.end + TOLERANCE_NS)) {
		return 0;
	}
	const room = parent.end - parent.start - (span.end - span.start);
	if (room < 0) {
		return startsEarly ? parent.start - span.start : 0;
	}
	return parent.start + room / 2 - span.start;
}

function move(span, by) {
	span.start += by;
	span.end += by;
	span.shift = by;
	span.warnings.push(`Clock skew: shown ${formatNs(Math.abs(by))} ${by > 0 ? "later" : "earlier"} than reported, ` +
		"to fit its parent.");
}

// @return how many spans were moved
export function adjustSkew(roots) {
	let n = 0;
	const stack = roots.map((span) => ({span, parent: null, shift: 0}));
	while (stack.length) {
		const {span, parent, shift} = stack.pop();
		const own = parent && isElsewhere(span, parent) ? skewOf(span, parent) : shift;
		if (own !== 0) {
			move(span, own);
			n++;
		}
		for (const child of span.children) {
			stack.push({span: child, parent: span, shift: own});
		}
	}
	return n;
}
