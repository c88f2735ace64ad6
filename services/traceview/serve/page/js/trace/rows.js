// SPDX-License-Identifier: Apache-2.0
// The tree of spans. Only rows that are seen, and a few beside them, are in the document.

import {colorClass} from "../color.js";
import {clip, make, nameOf} from "../dom.js";
import {formatNs, plural} from "../format.js";
import {drawBar} from "./bar.js";

const ROW_PX = 28; // --row in trace.css
const ROW_NARROW_PX = 46; // the bar is below the name
const NARROW = matchMedia("(max-width: 700px)");
const EXTRA_ROWS = 8; // above and below
const INDENT_PX = 14;
const INDENT_SHARE = 0.4; // of the name's column, at most, whatever the depth

export function rowPx() {
	return NARROW.matches ? ROW_NARROW_PX : ROW_PX;
}

// The first levels have a full step; deeper ones share what is left, so that names keep their room.
function indentOf(depth, width) {
	const room = Math.max(40, width * INDENT_SHARE);
	const full = Math.floor((room * 0.7) / INDENT_PX);
	if (depth <= full) {
		return depth * INDENT_PX;
	}
	const left = room - full * INDENT_PX;
	return full * INDENT_PX + left * (1 - Math.exp(-((depth - full) * INDENT_PX) / (4 * left)));
}

function reasonOf(span) {
	const type = span.attributes.find((pair) => pair.key === "error.type" || pair.key === "exception.type");
	return span.statusMessage || (type && type.value && type.value.stringValue) || "";
}

function describe(span) {
	const parts = [span.name || "(no name)", span.service, formatNs(span.duration)];
	if (span.isError) {
		parts.push("error");
	}
	if (span.warnings.length) {
		parts.push(plural(span.warnings.length, "warning"));
	}
	return clip(parts.join(", "));
}

function toggleOf(span, view) {
	if (!span.children.length) {
		return make("span", {className: "leaf", "aria-hidden": "true"});
	}
	const isClosed = view.collapsed.has(span.key);
	return make("span", {className: isClosed ? "toggle closed" : "toggle", "aria-hidden": "true", "data-toggle": true},
		make("span", {className: "caret"}), isClosed ? String(span.after - span.index - 1) : null);
}

function nameCell(span, view, width) {
	const cell = make("div", {className: "name"}, toggleOf(span, view),
		make("span", {className: "stripe"}),
		span.isError ? make("span", {className: "mark error-text", title: clip(reasonOf(span))}, "✗") : null,
		span.warnings.length ? make("span", {className: "mark warning-text", title: clip(span.warnings.join(" "))}, "⚠") : null,
		nameOf(span.name, "span-name"),
		make("span", {className: "span-service"}, nameOf(span.service), span.kind && span.kind !== "internal" ?
			` · ${span.kind}` : ""),
		span.depth > 9 ? make("span", {className: "depth", title: `Level ${span.depth + 1}`}, String(span.depth + 1)) : null);
	cell.style.paddingInlineStart = `${indentOf(span.depth, width).toFixed(1)}px`;
	return cell;
}

function classOf(span, view) {
	return ["row", colorClass(span.service), span.isError && "has-error", span.key === view.selected && "selected",
		view.matching.has(span) && "match"].filter(Boolean).join(" ");
}

export function makeRows(view, nameWidth) {
	const spacer = make("div", {className: "spacer", role: "tree", tabindex: "0", "aria-label": "Spans"});
	const grid = make("div", {className: "grid-lines", "aria-hidden": "true"});
	const scroller = make("div", {className: "scroller"}, spacer);
	const drawn = new Map(); // by number of the row
	let pending = false;

	function makeRow(span) {
		const row = make("div", {id: `span-${span.key}`, className: classOf(span, view), role: "treeitem",
			"aria-level": span.depth + 1, "aria-selected": String(span.key === view.selected),
			"aria-setsize": (span.parent ? span.parent.children : view.trace.roots).length,
			"aria-expanded": span.children.length ? String(!view.collapsed.has(span.key)) : null,
			"aria-label": describe(span)},
		nameCell(span, view, nameWidth()));
		const track = make("div", {className: "track"});
		drawBar(track, span, view);
		row.append(track);
		row.style.top = `${span.row * rowPx()}px`;
		return row;
	}

	function range() {
		const px = rowPx();
		const first = Math.floor(scroller.scrollTop / px) - EXTRA_ROWS;
		const last = Math.ceil((scroller.scrollTop + scroller.clientHeight) / px) + EXTRA_ROWS;
		return [Math.max(0, first), Math.min(view.rows.length, last)];
	}

	function fill() {
		const [first, last] = range();
		for (const [i, row] of drawn) {
			if (i < first || i >= last) {
				row.remove();
				drawn.delete(i);
			}
		}
		const fresh = document.createDocumentFragment();
		for (let i = first; i < last; i++) {
			if (!drawn.has(i)) {
				const row = makeRow(view.rows[i]);
				drawn.set(i, row);
				fresh.append(row);
			}
		}
		spacer.append(fresh);
		const chosen = view.span();
		if (chosen && drawn.has(chosen.row) && view.rows[chosen.row] === chosen) {
			spacer.setAttribute("aria-activedescendant", `span-${chosen.key}`);
		} else {
			spacer.removeAttribute("aria-activedescendant");
		}
	}

	// Draws all anew, at most once a frame.
	function draw() {
		drawn.forEach((row) => row.remove());
		drawn.clear();
		spacer.style.height = `${view.rows.length * rowPx()}px`;
		fill();
	}

	function schedule() {
		if (!pending) {
			pending = true;
			requestAnimationFrame(() => {
				pending = false;
				draw();
			});
		}
	}

	function spanAt(target) {
		const row = target.closest(".row");
		return row ? view.trace.byKey.get(row.id.slice("span-".length)) : null;
	}

	scroller.addEventListener("scroll", fill, {passive: true});
	spacer.addEventListener("click", (event) => {
		const span = spanAt(event.target);
		if (!span) {
			return;
		}
		if (event.target.closest("[data-toggle]")) {
			view.toggle(span);
		} else {
			view.select(span, span.key === view.selected ? !view.isOpen : true);
		}
		spacer.focus({preventScroll: true});
	});
	spacer.addEventListener("dblclick", (event) => {
		const span = spanAt(event.target);
		if (span && event.target.closest(".track")) {
			view.zoom(span.start, span.end);
		}
	});
	NARROW.addEventListener("change", schedule);
	new ResizeObserver(schedule).observe(scroller);
	view.on(schedule);

	return {
		element: make("div", {className: "rows"}, grid, scroller),
		grid,
		scroller,
		draw,
		schedule,
		focus: () => spacer.focus({preventScroll: true}),
		// Scrolls as little as makes the span seen.
		showSpan(span) {
			const px = rowPx();
			const top = span.row * px;
			spacer.style.height = `${view.rows.length * px}px`;
			if (top < scroller.scrollTop + px) {
				scroller.scrollTop = top - 2 * px;
			} else if (top + 2 * px > scroller.scrollTop + scroller.clientHeight) {
				scroller.scrollTop = top + 3 * px - scroller.clientHeight;
			}
		},
		centerSpan(span) {
			const top = span.row * rowPx();
			spacer.style.height = `${view.rows.length * rowPx()}px`;
			if (top < scroller.scrollTop || top + rowPx() > scroller.scrollTop + scroller.clientHeight) {
				scroller.scrollTop = top - scroller.clientHeight / 3;
			}
		},
		pageRows: () => Math.max(1, Math.floor(scroller.clientHeight / rowPx()) - 2),
	};
}
