# SPDX-License-Identifier: Apache-2.0
"""The collector goes away and comes back: what is lost, for how long, at which rate, with which settings.

All cells are measured side by side, each with a program and a collector of its own. LIBTRACE_OUTAGES: seconds that
collectors are away, "5 30" if it is not set; "5 30 60" gives the table that tests/bench/README.md has (80 s).
"""
import os
import threading
import time
import unittest
from collections import namedtuple
from itertools import product

import harness
from collector import Collector
from test_exporter import EMIT, stats

OUTAGES_S = [int(s) for s in os.environ.get("LIBTRACE_OUTAGES", "5 30").split()]
RATES = (5, 100, 500)  # spans a second
QUEUE = "OTEL_BSP_MAX_QUEUE_SIZE"
DEFAULT, NAMED = {}, {QUEUE: "65536", "OTEL_C_MAX_QUEUE_BYTES": str(256 * 2 ** 20)}
BEFORE_S = 2  # with the collector there
# Until it is noticed that the collector is back, 5 s of back-off at most, and what waits for its delay, 5 s, is sent.
AFTER_S = 11
FIRST_PORT = 4400

Cell = namedtuple("Cell", "away_s rate settings n_spans stats taken")


def measure(port, away_s, rate, settings):
    """Runs emit against a collector that is away for so long."""
    n_spans = rate * (BEFORE_S + away_s + AFTER_S)
    collector = Collector(port=port)
    results = []
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", **settings}
    program = threading.Thread(target=lambda: results.append(
        harness.run([EMIT, "--per-second", str(rate), str(n_spans)], env=env, timeout=120)))
    program.start()
    time.sleep(BEFORE_S)
    collector.stop()
    time.sleep(away_s)
    successor = Collector(port=port)
    program.join()
    successor.stop()
    taken = set(collector.taken) | set(successor.taken)
    return Cell(away_s, rate, settings, n_spans, stats(results[0]), taken)


class Outage(unittest.TestCase):
    def test_nothing_is_lost_that_fits_the_queue_and_the_rest_is_counted_exactly(self):
        kinds = list(product(OUTAGES_S, RATES, (DEFAULT, NAMED)))
        cells = harness.at_once(len(kinds), lambda i: measure(FIRST_PORT + i, *kinds[i]))
        harness.note("| away | spans a second | queue | lost of |")
        for cell in cells:
            exported, full, failed = cell.stats
            size = int(cell.settings.get(QUEUE, 2048))
            harness.note(f"| {cell.away_s} s | {cell.rate} | {size} | {full + failed} of {cell.n_spans} |")
            with self.subTest(away_s=cell.away_s, rate=cell.rate, queue=size):
                self.assertEqual(exported + full + failed, cell.n_spans)
                self.assertEqual(exported, len(cell.taken))
                if cell.rate * (cell.away_s + AFTER_S) <= size:
                    self.assertEqual(full + failed, 0)
                elif cell.rate * cell.away_s > size:  # no more than did not fit
                    self.assertGreater(full + failed, 0)
                    self.assertLessEqual(full + failed, cell.rate * (cell.away_s + AFTER_S) - size)


if __name__ == "__main__":
    harness.main()
