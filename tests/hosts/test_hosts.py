# SPDX-License-Identifier: Apache-2.0
"""Real programs of others, run with the agent and without: nothing of them may change but one header line.

Each host (hosts.py) runs twice without the agent, which shows what differs anyhow, once with it, and once more with a
collector that never answers. Compared are its exit code, its output, every byte that it sends, and what /proc shows of
it and its children while the server holds an answer back. What the agent may add is written down in
libtrace/agent/DESIGN.md, "What it adds to a program", and in Added below.
"""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import uuid
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402
from harness import Backend, Program, wait_until  # noqa: E402
from hosts import HOSTS  # noqa: E402
from processes import children, look_at_all, pids_with  # noqa: E402
from server import Server  # noqa: E402

PORT = 8002
HUNG = 4319  # a collector that takes connections and says nothing
BUILT = os.environ.get("LIBTRACE_HOSTS", "")
MARK = "LIBTRACE_HOST_RUN"  # in the environment of a run's processes
TRACEPARENT = re.compile(rb"(?i)\r\ntraceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-0[13](?=\r\n)")
PR_SET_CHILD_SUBREAPER = 36

Outcome = namedtuple("Outcome", "code out err result connections looks")


class Added:
    """All that the agent adds to a process that can be seen from outside."""
    ENVIRONMENT = {"LD_PRELOAD", "OTEL_SERVICE_NAME"} | {"LIBTRACE_RELAY" if harness.RELAY else "OTEL_C_RELAY"}
    THREADS = 0 if harness.RELAY else 1
    THREAD = "libtrace"
    BLOCKED = 0xfffffffe7ffbfeff  # all but SIGKILL, SIGSTOP and glibc's 32 and 33
    FDS = {"pipe", "anon_inode:[eventfd]", "socket"}
    MOST_FDS = 0 if harness.RELAY else 6  # a pipe, libcurl's pair, connections
    # The last two are of glibc, for what is linked for older ones.
    LIBTRACE = os.path.realpath(os.path.join(os.path.dirname(harness.BIN), "lib", "libtrace-c.so.0"))
    LIBRARIES = {"libtrace-agent.so", "libtrace-agent-core.so", os.path.basename(LIBTRACE), "libpthread.so.0",
                 "libdl.so.2"}
    # glibc itself catches 33 in a process with threads, and lets no program have it.
    SIGNALS = 1 << 32


def reap_orphans():
    """Daemons become children of this process, and go with the test."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Hosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reap_orphans()
        cls.root = tempfile.mkdtemp(prefix="hosts-")
        os.chmod(cls.root, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.files = os.path.join(cls.root, "files")
        os.mkdir(cls.files)
        with open(os.path.join(cls.files, "held.sam"), "w") as sam:
            sam.write("@HD\tVN:1.6\n@SQ\tSN:a\tLN:9\nr1\t0\ta\t1\t9\t4M\t*\t0\t0\tACGT\t*\n")
        with open(os.path.join(cls.files, "held.asc"), "w") as grid:
            grid.write("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 4\n")
        cls.certificate = cls.make_certificate() if shutil.which("openssl") else None
        cls.plain = {}
        hung = harness.RawServer(HUNG, lambda connection, _: connection.recv(1))
        cls.addClassCleanup(hung.stop)
        program = Program(["traceview", "serve"])
        cls.addClassCleanup(program.stop)
        cls.backend = Backend(program)

    @classmethod
    def make_certificate(cls):
        """For 127.0.0.1, signed by itself; with its key in the same file."""
        path = os.path.join(cls.root, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", path,
                        "-out", path + ".public"], check=True, capture_output=True)
        with open(path, "a") as both, open(path + ".public") as public:
            both.write(public.read())
        return path

    def fill(self, text):
        return text.format(base=f"http://127.0.0.1:{PORT}", tls=f"https://127.0.0.1:{PORT + 1}",
                           certificate=self.certificate, folder=os.path.join(self.root, "run"),
                           built=BUILT, programs=os.path.join(harness.SOURCE, "tests/hosts/programs"), root=self.root,
                           pycurl=os.path.join(BUILT, "pycurl"))

    def environment(self, host):
        return {"OTEL_BSP_SCHEDULE_DELAY": "20", "OTEL_C_EXIT_TIMEOUT": "", "HOME": os.path.join(self.root, "run"), "LC_ALL": "C.UTF-8",
                **{name: self.fill(value) for name, value in host.env.items()}}

    def is_there(self, host):
        if any("{tls}" in word for word in host.command) and not self.certificate:
            return False
        if not host.probe:
            return True
        _, environment = harness.command_of(["true"], self.environment(host))
        try:
            done = subprocess.run([self.fill(word) for word in host.probe], env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True)
        except OSError:
            return False
        return done.returncode == 0

    def spans(self, host):
        return [span for trace in self.backend.traces(host.name) for span in trace]

    def run_once(self, host, traced=False, env=None, exports=True):
        folder = os.path.join(self.root, "run")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        run = str(uuid.uuid4())
        looks, looking, errors = [], threading.Lock(), []

        def look():
            with looking:
                try:
                    if traced and exports and looks and not host.not_traced:
                        wait_until(lambda: self.spans(host), 5, f"a first span of {host.name}")
                    looks.append(look_at_all(MARK, run))
                except AssertionError as error:  # raised below, where it is the test's
                    errors.append(error)

        others = children()

        def has_ended():
            # What forks and leaves while one look is taken is seen by the other: its child is an orphan, ours, by then.
            return not children() - others and not pids_with(MARK, run)

        def end():
            for pid in pids_with(MARK, run):
                os.kill(pid, signal.SIGTERM)

        server = Server(PORT, self.files, self.certificate, look, end)
        try:
            command, environment = harness.command_of([self.fill(word) for word in host.command],
                                                      {**self.environment(host), **(env or {})}, traced, host.name)
            if host.prepare:
                subprocess.run(["sh", "-ec", self.fill(host.prepare)], env=environment, cwd=folder, check=True)
            with open(f"{self.root}/out", "wb+") as out, open(f"{self.root}/err", "wb+") as err:
                process = subprocess.Popen(command, env={**environment, MARK: run}, cwd=folder,
                                           stdin=subprocess.DEVNULL, stdout=out, stderr=err)
                try:
                    code = process.wait(30)
                    wait_until(has_ended, what="the end of all its processes")
                finally:
                    for pid in pids_with(MARK, run):
                        os.kill(pid, 9)
                out.seek(0)
                err.seek(0)
                said = out.read(), err.read()
            result = None
            if host.result:
                with open(os.path.join(folder, host.result), "rb") as file:
                    result = file.read()
        finally:
            server.stop()
        if errors:
            raise errors[0]
        return Outcome(code, *said, result, server.connections, looks)

    # --- what is compared ---------------------------------------------------------------------

    def without_random(self, host, data):
        for pattern in host.random + host.durations:
            data = re.sub(pattern, b"RANDOM", data)
        return data

    def steady(self, host, process):
        """Its descriptors, without what is random in their files' names."""
        return process._replace(fds={number: (self.without_random(host, what.encode()).decode(), flags)
                                     for number, (what, flags) in process.fds.items()})

    def wire(self, host, outcome):
        """Its requests by connection, without what is random, and without our header."""
        wire = [[self.without_random(host, TRACEPARENT.sub(b"", request)) for request in requests]
                for requests in outcome.connections]
        return wire if host.ordered else sorted(request for requests in wire for request in requests)

    def texts(self, host, outcome):
        texts = [self.without_random(host, outcome.out), self.without_random(host, outcome.err)]
        if not host.ordered:
            texts = [sorted(text.splitlines()) for text in texts]
        return [outcome.code, *texts, outcome.result]

    def compare_processes(self, host, plain, traced, first):
        self.assertEqual(traced.command, plain.command)
        self.assertEqual(*([int(mask, 16) & ~Added.SIGNALS for mask in process.signals] for process in (traced, plain)),
                         "SigIgn, SigCgt")
        self.assertEqual((traced.umask, traced.cwd), (plain.umask, plain.cwd))
        exports = self.compare_threads(plain, traced, first)
        self.compare_fds(host, plain, traced, exports)
        more = {name: value for name, value in traced.environment.items()
                if name != MARK and plain.environment.get(name) != value}
        self.assertLessEqual(set(more), Added.ENVIRONMENT, more)
        self.assertLessEqual(set(plain.environment), set(traced.environment))
        if host.libcurl:
            self.assertLessEqual(traced.libraries - plain.libraries, Added.LIBRARIES)
        self.assertLessEqual(plain.libraries, traced.libraries)

    def compare_threads(self, plain, traced, first):
        more = list(traced.threads)
        for thread in plain.threads:
            self.assertIn(thread, more)
            more.remove(thread)
        self.assertLessEqual(len(more), 0 if first else Added.THREADS, more)
        for name, blocked in more:
            self.assertEqual(name, Added.THREAD)
            self.assertEqual(int(blocked, 16), Added.BLOCKED)
        return bool(more)

    def compare_fds(self, host, plain, traced, exports):
        """What is opened after the first export may have another number, but for the standard streams."""
        more = list(traced.fds.values())
        for number, file in plain.fds.items():
            self.assertIn(file, more)
            more.remove(file)
            if number < 3:
                self.assertEqual(traced.fds[number], file)
        if not exports and not host.inherits:
            self.assertEqual(traced.fds, plain.fds)
        self.assertEqual({what for what, _ in more} - Added.FDS, set())
        self.assertLessEqual(len(more), Added.MOST_FDS * (2 if host.inherits else 1), more)
        kept = [file for file in more if not int(file[1], 8) & os.O_CLOEXEC]
        self.assertEqual(kept, [], f"not close-on-exec: {traced.fds}, without the agent {plain.fds}")

    def plain_runs(self, host):
        """Two runs without the agent, which are the same but for what the host says is random."""
        if not self.is_there(host):
            self.skipTest(host.without or f"apt-get install --no-install-recommends {host.packages}")
        if host.name not in self.plain:
            one, other = self.run_once(host), self.run_once(host)
            self.assertEqual(self.texts(host, other), self.texts(host, one), "two plain runs")
            self.assertEqual(self.wire(host, other), self.wire(host, one), "two plain runs")
            self.assertEqual([len(look) for look in other.looks], [len(look) for look in one.looks], "two plain runs")
            for pattern in host.random:
                found = [re.findall(pattern, str(run).encode()) for run in (one, other)]
                self.assertNotEqual(*found, f"{pattern} is not random")
            self.plain[host.name] = one, other
        return self.plain[host.name]

    def check(self, host):
        one, other = self.plain_runs(host)
        traced = self.run_once(host, traced=True)
        self.assertEqual(self.texts(host, traced), self.texts(host, one))
        self.assertEqual(self.wire(host, traced), self.wire(host, one))
        self.assertTrue(one.looks or not host.ordered, "nothing was held")
        self.assertEqual(len(traced.looks), len(one.looks))
        for i, (with_agent, without, again) in enumerate(zip(traced.looks, one.looks, other.looks)):
            self.assertEqual(len(with_agent), len(without), "another number of processes")
            with_agent, without, again = ([self.steady(host, process) for process in look]
                                          for look in (with_agent, without, again))
            for processes in zip(without, with_agent):
                with self.subTest(look=i + 1, command=processes[0].command):
                    self.compare_processes(host, *processes, first=i == 0)
            for processes in zip(without, again):
                self.assertEqual(processes[0]._replace(environment=None), processes[1]._replace(environment=None))
        self.check_spans(host, traced)

    def check_with_a_hung_collector(self, host):
        one, _ = self.plain_runs(host)
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{HUNG}", "OTEL_C_EXIT_TIMEOUT": "100",
               "OTEL_LOG_LEVEL": "none"}
        traced = self.run_once(host, traced=True, env=env, exports=False)
        self.assertEqual(self.texts(host, traced), self.texts(host, one))
        self.assertEqual(self.wire(host, traced), self.wire(host, one))

    def check_spans(self, host, traced):
        requests = sum(traced.connections, [])
        sent = [TRACEPARENT.findall(request) for request in requests]
        self.assertEqual([len(found) for found in sent], [0 if host.not_traced else 1] * len(sent))
        on_wire = {tuple(word.decode() for word in found[0]) for found in sent if found}
        lost = 0 if harness.RELAY else host.lost
        n_spans = len(requests) if host.spans is None else host.spans + host.lost - lost
        if n_spans:
            wait_until(lambda: len(self.spans(host)) >= n_spans,
                       what=f"{n_spans} spans of {host.name}, {len(on_wire)} on the wire")
        spans = self.spans(host)
        self.assertEqual(len(spans), n_spans)
        self.assertEqual({span.kind for span in spans} - {"CLIENT"}, set())
        self.assertEqual({span.parent for span in spans} - {""}, set(), "each is a trace of its own")
        in_backend = {(span.trace_id, span.id) for span in spans}
        self.assertEqual(len(on_wire - in_backend), lost)
        self.assertEqual(len(in_backend - on_wire), host.without_request)


def add_tests(host):
    name = f"test_{host.name}_is_the_same_with_the_agent_as_without"
    setattr(Hosts, name, lambda self: self.check(host))
    setattr(Hosts, name + "_though_the_collector_hangs", lambda self: self.check_with_a_hung_collector(host))


for each in HOSTS:
    add_tests(each)

if __name__ == "__main__":
    harness.main()
