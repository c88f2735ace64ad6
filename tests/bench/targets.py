# SPDX-License-Identifier: Apache-2.0
"""What the bench is to reach, and whether a run did: each a sentence, the figure, and met or not."""
from collections import namedtuple

# figure: text; met: None when what it needs was not measured; noise: its quartiles are on both sides of the limit
Target = namedtuple("Target", "part what figure met noise", defaults=(False,))

PRIVATE_MB, IDLE_MB, GROWTH_MB = 4, 13, 8
FIRST_ANSWER_MS, SLOWEST_ORDER_MS = 30, 2200
LAUNCH_MS, RELAY_IDLE_MB = 2, 2


def figure(value, unit=""):
    return None if value is None else (f"{value:,.0f}" if value >= 1000 else f"{value:.3g}") + unit


def at_most(part, what, value, limit, unit=""):
    return Target(part, f"{what}: at most {limit:g}{unit}", figure(value, unit),
                  None if value is None else value <= limit)


def at_least(part, what, value, limit):
    return Target(part, f"{what}: at least {limit:.2f}", figure(value),
                  None if value is None else value >= limit)


def median_of(judge, what, ratios, limit, part="neighbours"):
    """judge, at_least or at_most, of the median."""
    target = judge(part, what, ratios["median"] if ratios else None, limit)
    if not ratios:
        return target
    return target._replace(figure=f"{target.figure} ({figure(ratios['low'])} to {figure(ratios['high'])})",
                           noise=ratios["low"] < limit < ratios["high"])


def find(data, *keys):
    """data[key][key]…, None where there is no such."""
    for key in keys:
        data = data.get(key) if data else None
    return data


def ratio(a, b):
    return a / b if a is not None and b else None


def of_spans(spans):
    for target in spans["targets"]:
        yield at_most("spans", f"{target['column']}, of {target['against']}'s", target["ratio"], target["at_most"])
    # The case "sustained" is for what happens when a queue overflows.
    drops = sum(figures["drops"] for programs in spans["threads"].values()
                for case, figures in programs["libtrace"].items() if case != "sustained")
    yield at_most("spans", "libtrace's spans that did not reach the exporter", drops, 0)


def of_cpu(stacks):
    def cpu(key, load="saturation", field="gateway_cpu_us"):
        return find(stacks, key, load, field)

    yield at_most("services", "traced gateway's CPU a request, of the traced Python gateway's",
                  ratio(cpu("ours-traced-1"), cpu("python-traced")), 0.01)
    yield at_most("services", "untraced gateway's CPU a request, of bare libh2o's",
                  ratio(cpu("ours-untraced-1"), cpu("hello-1")), 4)
    for name in ("untraced", "traced"):
        for program in ("gateway", "order"):
            field = f"{program}_cpu_us"
            yield at_most("services", f"{name} {program}'s CPU a request at 1,000 connections, of that at 32",
                          ratio(cpu(f"ours-{name}-1", "connections-1000", field),
                                cpu(f"ours-{name}-1", "saturation", field)), 1.3)


def of_memory(stacks):
    stack = find(stacks, "ours-traced-1")
    for program in ("gateway", "order"):
        idle, loaded = find(stack, "idle", program), find(stack, "saturation", f"{program}_rss_mb")
        yield at_most("services", f"traced {program}, idle, RSS", find(idle, "rss_mb"), IDLE_MB, " MB")
        yield at_most("services", f"traced {program}, idle, private", find(idle, "private_mb"), PRIVATE_MB, " MB")
        yield at_most("services", f"traced {program}, RSS more at saturation",
                      None if None in (idle, loaded) else loaded - idle["rss_mb"], GROWTH_MB, " MB")


def of_services(services):
    stacks = services["stacks"]
    lost = [find(stacks, key, "spans", field) for key in ("ours-traced-1", "ours-traced-2")
            for field in ("missing", "reported_dropped")]
    return [*of_cpu(stacks), *of_memory(stacks),
            at_most("services", "spans of ours that did not reach the sink", None if None in lost else sum(lost), 0)]


def of_neighbours(neighbours):
    for n, ratios in neighbours["threads"].items():
        name = f"{n} thread{'s' * (n != '1')}"
        yield median_of(at_least, f"traced throughput, of untraced, {name}", ratios["throughput, of untraced"], 0.9)
        yield median_of(at_least, f"traced throughput, of the traced Go peer's, {name}", ratios["throughput, of Go's"],
                        4.5)
    yield median_of(at_most, "traced gateway's CPU a request, of the traced Go gateway's",
                    find(neighbours, "threads", "1", "gateway's CPU a request, of Go's"), 0.2)


def of_startup(startup):
    return [at_most("startup", f"first answer of the traced {name} after exec",
                    find(startup, "stacks", "ours-traced-1", f"{name}_ms"), FIRST_ANSWER_MS, " ms")
            for name in ("gateway", "order")]


def of_in_flight(in_flight):
    for name in ("untraced", "traced"):
        row = in_flight[name]
        yield at_least("in_flight", f"{name} orders answered, of {in_flight['orders']:,}",
                       ratio(row["fewest_answered"], in_flight["orders"]), 1)
        yield at_most("in_flight", f"slowest {name} order", row["slowest_of_all_rounds_ms"], SLOWEST_ORDER_MS, " ms")
    yield at_most("in_flight", "spans that did not reach the sink", in_flight["traced"]["spans_missing"], 0)


def of_relay(relay):
    yield median_of(at_most, "ns a span for its caller, relay, of thread", relay["span_ns"]["ratio"], 1, "relay")
    yield median_of(at_most, "CPU of a request, all processes, relay, of thread", relay["request_us"]["ratio"], 1.04, "relay")
    yield median_of(at_most, "ms more for a launch with a relay than bare", relay["launch_ms"]["more"]["relay"], LAUNCH_MS,
                    "relay")
    yield at_most("relay", "relay until there is a span, RSS", relay["idle_mb"], RELAY_IDLE_MB, " MB")


def all_targets(results):
    of = {"spans": of_spans, "neighbours": of_neighbours, "services": of_services, "startup": of_startup,
          "in_flight": of_in_flight, "relay": of_relay}
    return [target for part, targets in of.items() if part in results for target in targets(results[part])]
