# SPDX-License-Identifier: Apache-2.0
"""A run's results as Markdown, aligned so that it is read as it is, too."""
from targets import all_targets, ratio

NAMES = {"libtrace": "libtrace", "fastrace": "fastrace (Rust)", "otel-rust": "OpenTelemetry Rust",
         "otel-go": "OpenTelemetry Go", "otel-python": "OpenTelemetry Python"}


def number(value, digits=None):
    """For a table: as many digits as tell something; nothing for None."""
    if value is None:
        return ""
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 or not value else 3
    return f"{value:,.{digits}f}"


def table(head, rows):
    """Cells are text; all columns but the first are flushed right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells):
        return "| " + " | ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths))) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def section(title, *paragraphs):
    return "\n\n".join([f"## {title}", *filter(None, paragraphs)])


def left_out(reasons):
    return f"Left out: {'; '.join(reasons)}." if reasons else ""


# --- the parts --------------------------------------------------------------------------------------------


def targets_section(results):
    verdict = {True: "met", False: "NOT MET", None: "not measured"}
    rows = [(t.what, t.figure or "", verdict[t.met] + ", noise" * t.noise) for t in all_targets(results)]
    return section("Targets", table(("what", "figure", ""), rows),
                   "In brackets quartiles; noise: the limit is between them.")


def span_cells(cases, exported):
    """The columns' texts for one library: median bursts, the fastest in brackets."""
    def time(case):
        c = cases.get(case)
        return c and f"{number(c['ns_p50'])} ({number(c['ns_min'])})"

    def export(form):
        return form in exported and number(exported[form]["cpu_ns_p50"])

    return (time("sampled"), number(cases["sampled"]["cpu_ns"]), time("bare"), time("unsampled"), time("propagate"),
            export("protobuf"), export("json"))


def span_ratios(ours, theirs, our_exports, their_exports):
    def of(case, figure, a=ours, b=theirs):
        return number(ratio(a[case][figure], b[case][figure]) if case in a and case in b else None)

    return (of("sampled", "ns_p50"), of("sampled", "cpu_ns"), of("bare", "ns_p50"), of("unsampled", "ns_p50"),
            of("propagate", "ns_p50"), of("protobuf", "cpu_ns_p50", our_exports, their_exports),
            of("json", "cpu_ns_p50", our_exports, their_exports))


def sustained_rows(programs):
    for key, cases in programs.items():
        c = cases["sustained"]
        yield (NAMES.get(key, key), f"{number(c['ns_p50'])} ({number(c['ns_min'])})", number(c["cpu_ns"]),
               f"{c['spans']:,}", f"{c['drops']:,}")


def spans_tables(threads, programs, export):
    columns = ("sampled", "its CPU", "bare", "unsampled", "inject + extract", "export protobuf", "export JSON")
    used = columns if export else columns[:5]
    rows = [(NAMES.get(key, key), *(cell or "" for cell in span_cells(cases, export.get(key, {}))[:len(used)]))
            for key, cases in programs.items()]
    ours = programs["libtrace"]
    our_exports = export.get("libtrace", {})
    ratios = [(NAMES.get(key, key), *span_ratios(ours, cases, our_exports, export.get(key, {}))[:len(used)])
              for key, cases in programs.items() if key != "libtrace"]
    drops = sum(c["drops"] for cases in programs.values() for case, c in cases.items() if case != "sustained")
    name = f"{threads} thread{'s' * (threads != '1')}"
    return [f"**{name}**, ns; {drops:,} spans dropped by all together", table(("", *used), rows),
            f"libtrace's figure, of theirs, {name}", table(("", *used), ratios),
            f"Without a pause, with the default queue: what does not fit is dropped, {name}",
            table(("sustained", "ns", "CPU ns", "spans", "dropped"), list(sustained_rows(programs)))]


def spans_section(spans):
    local = spans["threads"]["1"].get("fastrace", {}).get("sampled+local")
    parts = [part for threads, programs in spans["threads"].items()
             for part in spans_tables(threads, programs, spans["export"] if threads == "1" else {})]
    return section(
        "What a span costs",
        "The caller's wall time a span, the median burst and the fastest, in the quietest of several turns; CPU is of "
        "the whole process. sampled: a root and its child, 3 attributes and 1 event each, ended into a batch processor "
        "whose exporter discards; bare: without attributes and events; unsampled: not recorded, but carrying its "
        "context; export: CPU a span to the sink over HTTP, batches of 512.", *parts,
        local and f"fastrace's own way for spans that stay on one thread: sampled {number(local['ns_p50'])} "
        f"({number(local['ns_min'])}), CPU {number(local['cpu_ns'])}.", left_out(spans["left_out"]))


def cost_rows(stacks, load):
    for stack in stacks.values():
        cost = stack.get(load)
        if cost:
            yield (stack["label"], number(cost["per_second"]), number(cost["p50_ms"]), number(cost["p99_ms"]),
                   *(number(cost[f"{who}_cpu_us"]) for who in ("gateway", "order", "relay", "sink", "client")))


def cost_table(stacks, load):
    return table(("", "/s", "p50 ms", "p99 ms", "gateway CPU us", "order CPU us", "relays' CPU us", "sink CPU us",
                  "client CPU us"),
                 list(cost_rows(stacks, load)))


def memory_table(stacks):
    head = ("MB", "gateway idle", "private", "at saturation", "private", "order idle", "private", "at saturation",
            "private")
    rows = []
    for stack in stacks.values():
        cells = []
        for who in ("gateway", "order"):
            idle, cost = stack["idle"][who] or {}, stack["saturation"]
            cells += [idle.get("rss_mb"), idle.get("private_mb"), cost[f"{who}_rss_mb"], cost[f"{who}_private_mb"]]
        rows.append((stack["label"], *(number(cell, 1) for cell in cells)))
    return table(head, rows)


def connections_table(stacks):
    loads = ("saturation", "connections-256", "connections-1000")
    rows = [(stack["label"], *(number(stack[load][field]) for field in ("per_second", "gateway_cpu_us", "order_cpu_us")
                               for load in loads))
            for stack in stacks.values() if "connections-1000" in stack]
    head = (f"{what}, {n}" for what in ("/s", "gateway us", "order us") for n in ("32", "256", "1,000"))
    return table(("", *head), rows)


def spans_table(stacks):
    rows = [(stack["label"], f"{'' if s['expected_is_exact'] else 'at least '}{s['expected']:,}", f"{s['got']:,}",
             f"{s['missing']:,}", f"{s['reported_dropped']:,}")
            for stack in stacks.values() for s in [stack.get("spans")] if s]
    return table(("spans, all rounds", "expected", "at the sink", "missing", "dropped, as reported"), rows)


def syscalls_text(calls, stacks):
    lines = []
    for key, counts in calls.items():
        for who in ("gateway", "order") if counts else ():
            some = ", ".join(f"{name} {n:.2f}" for name, n in counts[who].items() if name != "all" and n >= 0.01)
            lines.append(f"- {stacks[key]['label']}, {who}: **{counts[who]['all']:.2f}** ({some})")
    return "\n".join(lines)


def services_section(services):
    stacks = services["stacks"]
    return section(
        "Services",
        "/checkout with all delays 0: wrk with 1 thread, the services and the sink share the processors; of each one's "
        "seconds under a load the quietest, that in which all programs together took least CPU a request; memory is the "
        "most of all seconds. CPU is microseconds a request, of all the program's threads. Go runs with GOMAXPROCS at its default, all processors; Python with one "
        "pooled client, and one round. The gateway of bare libh2o answers itself, and has nothing behind it.",
        f"**At saturation, {services['connections']} connections**", cost_table(stacks, "saturation"),
        "**At a fixed rate** (latency counted from when a request was due; most of the CPU is for waking up)",
        cost_table(stacks, "fixed-rate"), "**More connections**", connections_table(stacks), "**Memory**: RSS, and of "
        "it what no other process shares", memory_table(stacks), "**Is every span there?** Three a request in ours and "
        "Go's, more in Python's.", spans_table(stacks), "**System calls a request**, at saturation under strace",
        syscalls_text(services["syscalls"], stacks), left_out(services["left_out"]))


def startup_section(startup):
    rows = [(s["label"], number(s["order_ms"]), number(s["order_slowest_ms"]), number(s["gateway_ms"]),
             number(s["gateway_slowest_ms"]), str(s["times"])) for s in startup["stacks"].values()]
    return section("Start-up", "From exec to the first good answer, ms: an order, a checkout.",
                   table(("", "order service", "slowest", "gateway", "slowest", "times"), rows),
                   left_out(startup["left_out"]))


def in_flight_section(in_flight):
    head = ("", "answered", "connecting ms", "sending ms", "fastest ms", "median ms", "slowest ms", "CPU us an order",
            "peak RSS MB")
    rows = [(name, f"{row['fewest_answered']:,}", number(row["connecting_ms"]), number(row["sending_ms"]),
             number(row["min_ms"], 0), number(row["p50_ms"], 0), number(row["slowest_of_all_rounds_ms"], 0),
             number(row["cpu_us_per_order"]), number(row["peak_rss_mb"]))
            for name in ("untraced", "traced") for row in [in_flight[name]]]
    return section(f"{in_flight['orders']:,} orders of 1.8 s at once",
                   "One order-service-custom thread, a connection for each order, made beforehand; a latency counts "
                   "from its order's sending. Traced, an order has three spans; spans that did not reach the sink: "
                   f"{in_flight['traced']['spans_missing']:g}.", table(head, rows))


def ingest_section(ingest):
    rows = [(name, number(row["spans_per_second"]), number(row["cpu_us_per_span"]), number(row["rss_mb"]))
            for name in ("traceview", "sink") for row in [ingest[name]]]
    return section("traceview takes spans",
                   f"OTLP protobuf, bodies of {ingest['spans_per_body']} spans of {ingest['bytes_per_span']:.0f} "
                   f"bytes, {ingest['connections']} connections, one thread. The sink, which only counts, shows what "
                   "the sender can.", table(("", "spans/s", "CPU us a span", "RSS MB"), rows))


def neighbours_section(neighbours):
    rows = [(f"{what}, {threads} thread{'s' * (threads != '1')}", number(r["median"]), number(r["low"]), number(r["high"]))
            for threads, ratios in neighbours["threads"].items() for what, r in ratios.items() if r]
    return section("Traced beside untraced, beside Go",
                   f"Stacks that are up side by side take turns of a second at saturation, {neighbours['turns']} each; a "
                   "ratio compares the seconds of one turn.", table(("", "median", "quartiles", ""), rows),
                   left_out(neighbours["left_out"]))


def relay_section(relay):
    def row(what, *figures):
        return (what, *(f"{number(f['median'])} ({number(f['low'])} to {number(f['high'])})" if f else "" for f in figures))

    span, request, launch = relay["span_ns"], relay["request_us"], relay["launch_ms"]
    rows = [row("ns a span for its caller", span["relay"], span["thread"], span["ratio"]),
            row("CPU us a request: gateway, order service and relays", request["relay"], request["thread"],
                request["ratio"]),
            row("ms more for a launch of true than bare", launch["more"]["relay"], launch["more"]["thread"], None)]
    memory = request["gateway_mb"]
    return section(
        "By a relay, or by a thread",
        f"Both take turns: {relay['turns']} of spans, sent to the sink, and of requests, {relay['launches']} launches; "
        "medians and quartiles, of ratios those of the turns.", table(("", "relay", "thread", "ratio"), rows),
        f"Memory, RSS: the relay {number(relay['idle_mb'], 1)} MB until there is a span, {number(request['relay_mb'], 1)} "
        f"MB at most at saturation; the gateway then {number(memory['relay'], 1)} MB, with a thread "
        f"{number(memory['thread'], 1)} MB.")


def queries_section(queries):
    names = {"prepared": "a prepared statement", "text": "sqlite3_exec of a text"}
    rows = [(names[kind], *(f"{number(r[key]['median'], 0)} ({number(r[key]['low'], 0)} to {number(r[key]['high'], 0)})"
                            for key in ("untraced_ns", "traced_ns", "more_ns"))) for kind, r in queries["kinds"].items()]
    return section("A traced query", f"ns of the caller's CPU time for a query of SQLite's in memory, untraced and traced in "
                   f"{queries['turns']} turns of {queries['queries']:,}; medians and quartiles.",
                   table(("", "untraced", "traced", "more"), rows))


SECTIONS = {"spans": spans_section, "queries": queries_section, "neighbours": neighbours_section,
            "services": services_section, "startup": startup_section, "relay": relay_section,
            "in_flight": in_flight_section, "ingest": ingest_section}


def report(results):
    facts = "\n".join(f"- {name}: {text}" for name, text in results["machine"].items())
    return "\n\n".join([
        "# What tracing costs, side by side in one run",
        "Written by `make bench`. Read ratios, not figures: machines differ, and one machine's speed moves.", facts,
        targets_section(results), *(SECTIONS[part](results[part]) for part in SECTIONS if part in results)]) + "\n"
