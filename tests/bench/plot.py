# SPDX-License-Identifier: Apache-2.0
"""The plots of a run, as SVG that is read on light and on dark pages: what a span costs, what a traced service costs.

usage: plot.py RESULTS.json FOLDER     draws them anew from a run's raw figures
"""
import json
import os
import sys
from collections import namedtuple
from xml.sax.saxutils import escape

Bar = namedtuple("Bar", "label value kind")  # kind: a class below
Panel = namedtuple("Panel", "title bars")

WIDTH, MARGIN, GAP = 760, 20, 24
ROW, TITLE, LABEL, VALUE = 20, 26, 132, 52  # heights of a row and of a panel's title; widths
PANEL = (WIDTH - 2 * MARGIN - GAP) / 2
BREAK = 3  # a bar so many times as long as the next is broken off, and its value says the rest

# The card has its own background, so it reads where a page's theme is not the system's.
STYLE = """
text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
.head { font-size: 15px; font-weight: 600 } .title { font-weight: 600 } .note, .value { fill: #59636e }
.card { fill: #ffffff; stroke: #d1d9e0 } .gap { stroke: #ffffff; stroke-width: 2 }
.ours { fill: #0969da } .plain { fill: #79b8ff } .peer { fill: #aab4be } .limit { fill: #d0d7de }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .note, .value { fill: #9198a1 }
.card { fill: #0d1117; stroke: #3d444d } .gap { stroke: #0d1117 }
.ours { fill: #4493f8 } .plain { fill: #1f5fae } .peer { fill: #59636e } .limit { fill: #3d444d }
}"""


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(x, y, content, cls=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{cls}">{escape(content)}</text>'


def draw_bar(x, y, bar, longest):
    room = PANEL - LABEL - VALUE
    length = max(1, room * min(1, bar.value / longest))
    out = [text(x, y + 14, bar.label),
           f'<rect x="{x + LABEL:.0f}" y="{y + 3}" width="{length:.1f}" height="{ROW - 6}" rx="2" class="{bar.kind}"/>']
    if bar.value > longest:
        at = x + LABEL + room - 14
        out += [f'<path d="M{at + dx:.0f} {y + ROW - 1} l6 {2 - ROW}" class="gap"/>' for dx in (0, 5)]
    return out + [text(x + LABEL + length + 6, y + 14, number(bar.value), "value")]


def longest_of(bars):
    """What a bar of full length stands for."""
    values = sorted((bar.value for bar in bars), reverse=True)
    return values[1] * 1.2 if len(values) > 1 and values[0] > BREAK * values[1] else values[0]


def height_of(panel):
    return TITLE + ROW * len(panel.bars)


def draw_panel(x, y, panel, is_broken):
    longest = longest_of(panel.bars) if is_broken else max(bar.value for bar in panel.bars)
    out = [text(x, y + 15, panel.title, "title")]
    for i, bar in enumerate(panel.bars):
        out += draw_bar(x, y + TITLE + ROW * i, bar, longest)
    return out


def draw(head, note, panels, is_broken):
    """Panels two in a row; is_broken(panel): whether its longest bar may be broken off."""
    y, out = MARGIN, [text(MARGIN, MARGIN + 14, head, "head"), text(MARGIN, MARGIN + 34, note, "note")]
    y += 46
    for i in range(0, len(panels), 2):
        pair = panels[i:i + 2]
        for column, panel in enumerate(pair):
            out += draw_panel(MARGIN + column * (PANEL + GAP), y, panel, is_broken(panel))
        y += max(map(height_of, pair)) + 10
    height = y + MARGIN - 10
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(head)}">', f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="card"/>', *out, "</svg>", ""])


# --- the two plots --------------------------------------------------------------------------------------------

LIBRARIES = (("libtrace", "libtrace", "ours"), ("fastrace", "fastrace (Rust)", "peer"),
             ("otel-rust", "OTel Rust", "peer"), ("otel-go", "OTel Go", "peer"), ("otel-python", "OTel Python", "peer"))
SPAN_PANELS = (("A span: caller's time", "sampled", "ns_p50"), ("A span: CPU of the process", "sampled", "cpu_ns"),
               ("Without attributes", "bare", "ns_p50"), ("Not sampled", "unsampled", "ns_p50"),
               ("Inject and extract", "propagate", "ns_p50"))
EXPORT_PANELS = (("Export, protobuf: CPU", "protobuf"), ("Export, JSON: CPU", "json"))
STACKS = (("hello-1", "bare libh2o", "limit"), ("ours-untraced-1", "ours, untraced", "plain"),
          ("ours-traced-1", "ours, traced", "ours"), ("go-untraced", "Go, untraced", "peer"),
          ("go-traced", "Go, traced", "peer"), ("python-traced", "Python, traced", "peer"))


def plot_spans(spans):
    def panel(title, programs, case, figure):
        return Panel(title, [Bar(label, programs[key][case][figure], kind) for key, label, kind in LIBRARIES
                             if case in programs.get(key, {})])

    panels = [panel(title, spans["threads"]["1"], case, figure) for title, case, figure in SPAN_PANELS]
    panels += [panel(f"A span, on {n} threads at once: caller's time", programs, "sampled", "ns_p50")
               for n, programs in spans["threads"].items() if n != "1"]
    panels += [Panel(title, [Bar(label, spans["export"][key][case]["cpu_ns_p50"], kind)
                             for key, label, kind in LIBRARIES if case in spans["export"].get(key, {})])
               for title, case in EXPORT_PANELS]
    return draw("What a span costs, ns", "Shorter is better; with 3 attributes and 1 event, sampled, on one thread, "
                "where nothing else is said", panels, lambda _: True)


def plot_services(services):
    stacks = services["stacks"]

    def panel(title, figure):
        return Panel(title, [Bar(label, stacks[key]["saturation"][figure], kind) for key, label, kind in STACKS
                             if key in stacks])

    throughput = panel("/checkout a second: longer is better", "per_second")
    cpu = panel("Gateway's CPU a request, µs: shorter is better", "gateway_cpu_us")
    return draw("What tracing costs a service", "32 connections; traced: every request, and exported. Bare libh2o "
                "answers by itself: the limit for a server on it", [throughput, cpu], lambda p: p is cpu)


def plots(results):
    """(file name, SVG) of what the results have."""
    for part, draw_part in (("spans", plot_spans), ("services", plot_services)):
        if part in results:
            yield f"{part}.svg", draw_part(results[part])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        results = json.load(file)
    for name, svg in plots(results):
        with open(os.path.join(sys.argv[2], name), "w") as file:
            file.write(svg)


if __name__ == "__main__":
    main()
