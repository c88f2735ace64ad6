// SPDX-License-Identifier: Apache-2.0
// What is open, chosen and zoomed in a trace. Those who draw subscribe to it; a trace that grows keeps it.

const ZOOM_MIN_SHARE = 1e-7; // of the trace's duration

export function makeView(trace) {
	const listeners = new Set();
	const view = {
		trace,
		rows: [], // the spans that are not hidden, in reading order
		collapsed: new Set(), // keys of spans
		selected: null, // key of a span
		isOpen: false, // its details are shown
		from: trace.start,
		to: trace.end,
		matches: [], // spans
		matching: new Set(),
		onlyMatches: false,

		on(listener) {
			listeners.add(listener);
		},
		changed() {
			listeners.forEach((listener) => listener());
		},

		span() {
			return view.selected === null ? null : view.trace.byKey.get(view.selected) || null;
		},
		isZoomed() {
			return view.from > view.trace.start || view.to < view.trace.end;
		},

		select(span, open = view.isOpen) {
			view.selected = span ? span.key : null;
			view.isOpen = !!span && open;
			view.reveal(span);
			view.changed();
		},
		// Opens what the span is hidden in.
		reveal(span) {
			let opened = false;
			for (let parent = span && span.parent; parent; parent = parent.parent) {
				opened = view.collapsed.delete(parent.key) || opened;
			}
			if (opened) {
				layRows(view);
			}
		},
		toggle(span, open = view.collapsed.has(span.key)) {
			if (open) {
				view.collapsed.delete(span.key);
			} else if (span.children.length) {
				view.collapsed.add(span.key);
			}
			layRows(view);
			view.changed();
		},
		// Collapses all spans from a depth on; Infinity opens all.
		showLevels(levels) {
			view.collapsed = new Set(view.trace.spans.filter((span) => span.depth >= levels - 1 && span.children.length)
				.map((span) => span.key));
			const chosen = view.span();
			layRows(view);
			if (chosen && !view.rows.includes(chosen)) {
				let shown = chosen;
				while (shown.parent && !view.rows.includes(shown)) {
					shown = shown.parent;
				}
				view.selected = shown.key;
			}
			view.changed();
		},
		zoom(from, to) {
			const {trace: t} = view;
			const least = Math.max(1, t.duration * ZOOM_MIN_SHARE);
			const middle = (from + to) / 2;
			const half = Math.max(least, to - from) / 2;
			view.from = Math.max(t.start, middle - half);
			view.to = Math.min(t.end, middle + half);
			if (!(view.to > view.from)) {
				[view.from, view.to] = [t.start, t.start + t.duration];
			}
			view.changed();
		},
		zoomBy(factor, center = (view.from + view.to) / 2) {
			view.zoom(center - (center - view.from) * factor, center + (view.to - center) * factor);
		},
		pan(share) {
			const length = view.to - view.from;
			const by = Math.max(view.trace.start - view.from, Math.min(view.trace.end - view.to, share * length));
			view.zoom(view.from + by, view.to + by);
		},
		setMatches(matches, onlyMatches = view.onlyMatches) {
			view.matches = matches;
			view.matching = new Set(matches);
			view.onlyMatches = onlyMatches;
			layRows(view);
			view.changed();
		},
		// Takes a newer reading of the same trace.
		replace(newer) {
			const wasZoomed = view.isZoomed();
			view.trace = newer;
			if (!wasZoomed) {
				[view.from, view.to] = [newer.start, newer.start + newer.duration];
			}
			if (view.selected !== null && !newer.byKey.has(view.selected)) {
				view.selected = null;
				view.isOpen = false;
			}
			layRows(view);
			view.changed();
		},
	};
	view.to = trace.start + trace.duration;
	layRows(view);
	return view;
}

// With "only matches": the matches and what they are in.
function kept(view) {
	const keep = new Set();
	for (const match of view.matches) {
		for (let span = match; span && !keep.has(span); span = span.parent) {
			keep.add(span);
		}
	}
	return keep;
}

function layRows(view) {
	const {spans} = view.trace;
	const keep = view.onlyMatches && view.matches.length ? kept(view) : null;
	const rows = [];
	for (let i = 0; i < spans.length;) {
		const span = spans[i];
		if (keep && !keep.has(span)) {
			i = span.after;
			continue;
		}
		span.row = rows.length;
		rows.push(span);
		i = view.collapsed.has(span.key) ? span.after : i + 1;
	}
	view.rows = rows;
}
