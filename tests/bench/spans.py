# SPDX-License-Identifier: Apache-2.0
"""What a span costs, ended and exported: libtrace beside the peers that are built, one thread and all cores.

Nanoseconds a span (propagate: an inject and an extract). The caller's wall time: the median burst (ns_p50) and the
fastest (ns_min); cpu_ns: the whole process's CPU. micro.c and export.c say what the cases are. Programs take turns,
case by case, because a machine's speed moves with what its neighbours do; a figure is that of the program's quietest
turn, the least, and a drop count the sum.
"""
import functools
import json
import os
from collections import namedtuple

from setup import HERE, helper, run_part, say
import sink
from harness import run

CASES = ("sampled", "bare", "unsampled", "propagate", "sustained")
LOCAL = "sampled+local"  # fastrace's way for spans that stay on a thread; no other has it
FORMATS = ("protobuf", "json")
THREADS_MAX = 64  # micro.c's
BATCH, WARM_UP, PER_ROUND = 512, 50, 100  # export.c's: spans, batches, batches

# once: too slow to take turns, and no close race
Peer = namedtuple("Peer", "name micro export once", defaults=(None, False))
# column of the table, its case and figure, whom it is compared with, and at most which share of its figure
Target = namedtuple("Target", "column case figure against at_most")
TARGETS = (
    Target("sampled", "sampled", "ns_p50", "fastrace", 0.9),
    Target("CPU", "sampled", "cpu_ns", "fastrace", 0.5),
    Target("bare", "bare", "ns_p50", "fastrace", 0.9),
    Target("unsampled", "unsampled", "ns_p50", "fastrace", 0.3),
    Target("inject + extract", "propagate", "ns_p50", "fastrace", 0.3),
    Target("export protobuf", "protobuf", "cpu_ns_p50", "otel-rust", 0.3),
    Target("export JSON", "json", "cpu_ns_p50", "otel-rust", 0.33),
)


def all_peers(setup):
    """Ours first, then everyone that can be built; commands as lists."""
    def binary(name):
        return os.path.join(setup.peers, "bin", name)
    script = os.path.join(HERE, "peers", "python", "micro.py")
    return (Peer("libtrace", [helper(setup, "micro")], [helper(setup, "export")]),
            Peer("fastrace", [binary("rust-fastrace")]),
            Peer("otel-rust", [binary("rust-otel")], [binary("rust-otel"), "export"]),
            Peer("otel-go", [binary("go-micro")], [binary("go-export")]),
            Peer("otel-python", [os.path.join(setup.peers, "venv", "bin", "python"), script], once=True))


def results(command, *arguments):
    """The JSON lines that a program prints."""
    done = run([*command, *map(str, arguments)], timeout=120)
    if done.code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.code}: {done.err.strip()}")
    return [json.loads(line) for line in done.out.splitlines()]


def combined(turns):
    """One case's figures of all turns as one."""
    least = ("ns_p50", "ns_min", "cpu_ns", "cpu_ns_p50", "cpu_ns_min", "wall_ns_p50", "clone_ns")
    one = {key: min(turn[key] for turn in turns) for key in least if key in turns[0]}
    one.update({key: sum(turn[key] for turn in turns) for key in ("spans", "exported", "drops") if key in turns[0]})
    return one


def in_turns(n_turns, jobs):
    """jobs: peers, and for each a function that gives the lines of one turn. {peer: {case: figures}}"""
    turns = {}
    for i in range(n_turns):
        for peer, lines in jobs:
            if peer.once and i > 0:
                continue
            for line in lines():
                turns.setdefault(peer.name, {}).setdefault(line["case"], []).append(line)
    return {name: {case: combined(of_case) for case, of_case in of_peer.items()} for name, of_peer in turns.items()}


def measure_micro(peers, threads, n_turns, rounds):
    def lines(peer, case):
        return results(peer.micro, 5 if peer.once else rounds, case, threads)

    say(f"spans on {threads} thread{'s' if threads > 1 else ''} …")
    return in_turns(n_turns, [(peer, functools.partial(lines, peer, case)) for case in (*CASES, LOCAL) for peer in peers
                              if case != LOCAL or peer.name == "fastrace"])


def measure_export(setup, peers, n_turns, rounds):
    sent = BATCH * (WARM_UP + PER_ROUND * rounds) * len(FORMATS)

    def export(peer):
        before = sink.stats()
        lines = results(peer.export, f"127.0.0.1:{sink.PORT}", rounds)
        after = sink.stats()
        if after["spans"] - before["spans"] != sent or after["bad"] != before["bad"]:
            raise RuntimeError(f"{peer.name} sent {sent} spans; the sink had {before}, and has {after}")
        return [{**line, "case": line["case"].removeprefix("export ")} for line in lines]

    say("exporting spans …")
    with sink.running(setup):
        return in_turns(n_turns, [(peer, functools.partial(export, peer)) for peer in peers if peer.export])


def compare(ended, exported):
    """Each target's ratio, None where the peer is not built."""
    ratios = []
    for target in TARGETS:
        figures = exported if target.case in FORMATS else ended
        ratio = None
        if target.against in figures:
            ours, theirs = (figures[name][target.case][target.figure] for name in ("libtrace", target.against))
            ratio = round(ours / theirs, 3)
        ratios.append({"column": target.column, "against": target.against, "ratio": ratio, "at_most": target.at_most,
                       "met": None if ratio is None else ratio <= target.at_most})
    return ratios


def dropped(figures):
    """Spans of ours that got lost although their bursts fit the queue."""
    return sum(case["drops"] for of_peer in figures.values() for name, case in of_peer["libtrace"].items()
               if name != "sustained")


def measure(setup):
    cores = min(len(os.sched_getaffinity(0)), THREADS_MAX)
    n_turns, rounds, export_rounds = (1, 20, 1) if setup.quick else (5, 250, 3)
    known = all_peers(setup)
    peers = [peer for peer in known if os.path.exists(peer.micro[0])]
    figures = {str(threads): measure_micro(peers, threads, n_turns, rounds) for threads in sorted({1, cores})}
    exported = measure_export(setup, peers, n_turns, export_rounds)
    return {"threads": figures, "export": exported, "targets": compare(figures["1"], exported),
            "targets_all_cores": compare(figures[str(cores)], exported), "dropped": dropped(figures),
            "left_out": [peer.name for peer in known if peer not in peers]}


if __name__ == "__main__":
    run_part(measure)
