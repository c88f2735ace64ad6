# SPDX-License-Identifier: Apache-2.0
"""A traced program's exit takes OTEL_C_EXIT_TIMEOUT at most, whatever has happened to what its spans need."""
import os
import signal
import socket
import subprocess
import time
import unittest

import harness
from collector import Collector
from harness import RawServer, http_bytes
from name_server import NameServer, use_own_resolver

LEAVES = os.path.join(os.environ["LIBTRACE_CASES"], "leaves")
LIMIT_MS, GRACE_MS = 500, 50
PORT = 8080
# What is sent when the exit comes, and what is being sent then.
DELAYS = {"sent at exit": "600000", "being sent": "1"}
TRIES = 10  # a machine that others use may be late now and then, a limit that does not hold always is


def full_pipe():
    """Both ends of a pipe that takes no byte more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while os.write(writer, b"\0" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


class ExitTime(unittest.TestCase):
    def setUp(self):
        harness.end_relays()
        server = RawServer(PORT, http_bytes(200))
        self.addCleanup(server.stop)
        self.n_runs = 0

    def start(self, way="exit", stderr=None, **env):
        command, environment = harness.command_of([LEAVES, way, f"http://127.0.0.1:{PORT}/"], env={
            "OTEL_C_EXIT_TIMEOUT": str(LIMIT_MS), **env}, traced=True, service="leaves")
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=stderr or subprocess.DEVNULL)

    def leave(self, **options):
        """How long a program took from its last line to its end, in milliseconds."""
        self.n_runs += 1
        with self.start(**options) as program:
            output = program.communicate(timeout=30 * harness.SLOWNESS)[0]
            ended = time.monotonic()
        self.assertEqual(program.returncode, 0)
        return (ended - float(output)) * 1e3

    def assert_in_time(self, limit_ms=LIMIT_MS, **options):
        for what, delay in DELAYS.items():
            with self.subTest(what):
                took = []
                while len(took) < TRIES and (not took or min(took) > (limit_ms + GRACE_MS) * harness.SLOWNESS):
                    took.append(self.leave(OTEL_BSP_SCHEDULE_DELAY=delay, **options))
                harness.note(f"{self._testMethodName}, {what}: {min(took):.0f} ms")
                self.assertLess(min(took), (limit_ms + GRACE_MS) * harness.SLOWNESS)

    def test_collector_hung(self):
        collector = Collector(lambda n, sent: None)
        self.addCleanup(collector.stop)
        self.assert_in_time()

    def test_black_hole(self):
        """A port that answers no SYN: the queue of its listener is full."""
        listener = socket.create_server(("127.0.0.1", 4318), backlog=0)
        self.addCleanup(listener.close)
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", 4318))
            self.addCleanup(filler.close)
        self.assert_in_time()

    def test_slow_name_server(self):
        use_own_resolver()
        try:
            names = NameServer()
        except OSError as error:
            self.skipTest(f"cannot be a name server: {error}")
        self.addCleanup(names.close)
        names.delay = 6
        self.assert_in_time(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318")

    def test_full_standard_error(self):
        """Nobody listens on the collector's port, which is reported."""
        reader, writer = full_pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        self.assert_in_time(stderr=writer)

    def test_standard_error_whose_reader_has_gone(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        self.assert_in_time(stderr=writer)

    def test_console_to_a_full_standard_error(self):
        reader, writer = full_pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        self.assert_in_time(stderr=writer, OTEL_TRACES_EXPORTER="console")


class MainLeaves(ExitTime):
    """By pthread_exit: the process ends with its last other thread, though the exporter's is there."""

    def start(self, way="pthread_exit", **options):
        return super().start(way, **options)

    def test_collector_there(self):
        collector = Collector()
        self.addCleanup(collector.stop)
        self.assert_in_time(limit_ms=100)
        self.assertEqual(collector.taken, ["GET"] * self.n_runs)

    def test_sigterm_ends_a_process_that_waits_for_a_collector(self):
        collector = Collector(lambda n, sent: None)
        self.addCleanup(collector.stop)
        with self.start(OTEL_C_EXIT_TIMEOUT="600000") as program:
            harness.wait_until(lambda: collector.sent, what="the last spans")
            program.terminate()
            self.assertEqual(program.wait(10 * harness.SLOWNESS), -signal.SIGTERM)


if __name__ == "__main__":
    harness.main()
