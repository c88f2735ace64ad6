# SPDX-License-Identifier: Apache-2.0
"""libtrace-relay: what arrives of a program however it ends, and what the program sees of it.

LIBTRACE_DEATHS: how often each kind of end is tried at each rate, 2 if it is not set; 20 gives README's table.
"""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import control_group
import seccomp
from collector import Answer, Collector
from harness import relays

DIES = os.environ["LIBTRACE_DIES"]
EMIT = os.environ["LIBTRACE_EMIT"]
ROUNDS = int(os.environ.get("LIBTRACE_DEATHS", "2"))
RATES = (500, 5000)  # spans a second
MEMORY_LIMIT_BYTES = 64 * 2 ** 20
OTHER_UID = 65533  # nobody's and not nobody's own
KINDS = ("kill", "kill-group", "memory-limit", "SIGSEGV", "abort", "_exit", "quick_exit", "exec", "SIGTERM", "pthread_exit",
         "close_range", "chroot", "setuid", "seccomp", "daemon", "forks")
# An exit does not wait, as by default.
ENV = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_C_EXIT_TIMEOUT": ""}


def command(arguments, env=()):
    line, environment = harness.command_of(arguments, {**ENV, **dict(env)}, traced=True)
    return line, environment


class Death:
    """One run of dies: how many spans it ended, and how many of them the collector has."""

    def __init__(self, how, rate, number):
        self.how, self.rate, self.name = how, rate, f"{how}/{rate}/{number}"
        self.n_spans = rate // 5 if how != "forks" else 4
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(bytes(4))
        self.file.flush()

    def run(self, inside=()):
        """inside: comes before the program; a memory group of its own where it is to run out of memory."""
        if self.how == "memory-limit" and not inside:  # for the program alone: its relay is not what the limit is for
            with control_group.memory(MEMORY_LIMIT_BYTES) as inside:
                return self.run(inside)
        arguments = [DIES, self.how, self.name, str(self.rate), str(self.n_spans), self.file.name]
        line, environment = command(arguments)
        line[-6:-6] = inside
        return subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=60 * harness.SLOWNESS, start_new_session=True)

    def n_ended(self):
        with open(self.file.name, "rb") as file:
            return struct.unpack("I", file.read(4))[0]


def all_spans(collector):
    with collector.lock:
        bodies = [sent.body for sent in collector.sent]
    return [span for body in bodies for group in json.loads(body)["resourceSpans"]
            for scope in group["scopeSpans"] for span in scope["spans"]]


class Relay(unittest.TestCase):
    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.stop)

    def tearDown(self):
        harness.wait_until(lambda: not relays(), 40, "the end of each relay")

    def test_no_ended_span_is_lost_and_open_ones_arrive_however_the_program_ends(self):
        kinds = [kind for kind in KINDS if self.is_possible(kind)]
        deaths = [Death(kind, rate, i) for i in range(ROUNDS) for kind in kinds for rate in RATES]
        for first in range(0, len(deaths), 8):
            harness.at_once(len(deaths[first:first + 8]), lambda i: deaths[first + i].run())
        harness.wait_until(lambda: not relays(), 40, "the end of each relay")
        taken, opened = {}, set()
        for span in all_spans(self.collector):
            name, _, number = span["name"].rpartition(" ")
            if number == "open":
                self.assertEqual(span["status"]["code"], 2)
                opened.add(name)
            else:
                self.assertNotIn(number, taken.setdefault(name, set()), f"{name}: sent twice")
                taken[name].add(number)
        harness.note("| end | spans a second | ended | lost | open ones that arrived |")
        for kind in kinds:
            for rate in RATES:
                group = [death for death in deaths if (death.how, death.rate) == (kind, rate)]
                n_ended = sum(death.n_ended() for death in group)
                n_lost = n_ended - sum(len(taken.get(death.name, ())) for death in group)
                n_open = sum(death.name in opened for death in group)
                harness.note(f"| {kind} | {rate} | {n_ended} | {n_lost} | {n_open} of {len(group)} |")
                with self.subTest(kind=kind, rate=rate):
                    self.assertGreater(n_ended, 0)
                    self.assertEqual(n_lost, 0)
                    self.assertEqual(n_open, len(group))

    def start_waiting(self, n_spans, env=()):
        """dies, which waits for its end after n_spans; returns the process, its count and the relay's pid."""
        death = Death("wait", 5000, 0)
        line, environment = command([DIES, "wait", "w", "5000", str(n_spans), death.file.name], env)
        before = set(relays())
        program = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        relay = harness.wait_until(lambda: set(relays()) - before, what="a relay").pop()
        return program, death, relay

    def names(self):
        return [span["name"] for span in all_spans(self.collector)]

    def test_how_a_program_ended_stands_on_the_span_that_was_open(self):
        program, death, _ = self.start_waiting(10)
        harness.wait_until(lambda: death.n_ended() == 10, what="ten spans")
        program.kill()
        program.wait()
        harness.wait_until(lambda: "w open" in self.names(), what="the open span")
        span = next(span for span in all_spans(self.collector) if span["name"] == "w open")
        attributes = {a["key"]: a["value"] for a in span["attributes"]}
        self.assertEqual(span["status"]["code"], 2)
        self.assertIn(attributes["error.type"]["stringValue"], ("SIGKILL", "process_killed"))  # before Linux 6.15
        self.assertEqual([event["name"] for event in span["events"]], ["process.end"])

    @unittest.skipUnless(control_group.is_allowed("memory"), control_group.NEEDS)
    def test_the_kernel_s_kill_for_lack_of_memory_is_told_from_others(self):
        if not control_group.is_whole():
            self.skipTest("this container sees its own cgroup only, under another name")
        with control_group.memory(MEMORY_LIMIT_BYTES) as enter:  # until the relay has looked
            Death("memory-limit", 500, 0).run(enter)
            harness.wait_until(lambda: "memory-limit/500/0 open" in self.names(), 60, "the open span")
        (span,) = [span for span in all_spans(self.collector) if span["name"] == "memory-limit/500/0 open"]
        self.assertEqual(span["status"], {"code": 2, "message": "the kernel killed the process for lack of memory"})
        self.assertIn({"key": "error.type", "value": {"stringValue": "out_of_memory"}}, span["attributes"])

    def test_a_fork_s_child_ends_its_own_spans_and_none_of_its_parent_s(self):
        for how in ("inherit", "clone"):
            if how == "clone" and harness.SANITIZED:
                continue  # there a child by raw clone() finds its parent's blocks
            with self.subTest(how):
                death = Death(how, 5000, 0)
                death.run()
                harness.wait_until(lambda: not relays(), 40, "the end of each relay")
                spans = [span for span in all_spans(self.collector) if span["name"].startswith(death.name)]
                names = [span["name"] for span in spans]
                self.assertEqual(len(names), len(set(names)), names)
                self.assertEqual(len(names), death.n_ended() + 1)
                (left,) = [span for span in spans if span["name"].endswith(" open")]
                if how == "inherit":  # without a handler of forks the span itself is in the memory of both
                    self.assertEqual(left["status"]["code"], 2)

    def test_open_spans_stay_away_where_that_is_set(self):
        program, death, relay = self.start_waiting(10, {"OTEL_C_OPEN_SPANS": "false"})
        harness.wait_until(lambda: death.n_ended() == 10, what="ten spans")
        program.kill()
        program.wait()
        harness.wait_until(lambda: relay not in relays(), 40, "the relay's end")
        self.assertEqual(sorted(self.names()), sorted(f"w {i}" for i in range(10)))

    def test_a_relay_that_is_killed_loses_nothing_and_the_program_goes_on(self):
        env = {"OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_C_EXIT_TIMEOUT": "5000"}
        line, environment = command([EMIT, "--from-env", "--per-second", "500", "--flush-ms", "5000", "1000"], env)
        program = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        relay = harness.wait_until(relays, what="a relay").pop()
        harness.wait_until(self.names, what="a first batch")  # 512 spans; the others are queued or not yet made
        os.kill(relay, signal.SIGKILL)
        out, err = program.communicate(timeout=30 * harness.SLOWNESS)
        self.assertEqual(program.returncode, 0)
        self.assertIn("flush ok", out)
        self.assertIn("the relay has died", err)
        self.assertEqual(sorted(set(self.names())), sorted(f"span {i}" for i in range(1000)))

    def test_a_relay_that_hangs_loses_nothing(self):
        env = {"OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_C_EXIT_TIMEOUT": "5000"}
        line, environment = command([EMIT, "--from-env", "--flush-ms", "20000", "--per-second", "100", "100"], env)
        program = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        for relay in harness.wait_until(relays, what="a relay"):
            os.kill(relay, signal.SIGSTOP)
        out, err = program.communicate(timeout=40 * harness.SLOWNESS)
        for relay in relays():
            os.kill(relay, signal.SIGKILL)
        self.assertEqual(program.returncode, 0, err)
        self.assertEqual(sorted(set(self.names())), sorted(f"span {i}" for i in range(100)))

    def test_none_is_started_where_none_is_wanted(self):
        for options in (["--relay", "no"], ["--relay=no"], ["--c-relay", "no"], ["--sdk-disabled", "true"],
                        ["--traces-exporter", "none"], ["--traces-exporter", "console"]):
            with self.subTest(options=options):
                self.assertEqual(harness.named_relay(options), "[]\n")
                self.assertEqual(relays(), [])
        self.assertRegex(harness.named_relay(), r"^\[[0-9a-f]+,[0-9a-f]{32},[0-9a-f]+(,always)?\]$")

    def test_the_queue_takes_no_more_memory_than_is_set_and_all_else_is_counted(self):
        may_answer = threading.Event()
        self.collector.answer = lambda n, sent: may_answer.wait(60) and Answer(200)
        env = {**ENV, "OTEL_C_MAX_QUEUE_BYTES": str(2 * 2 ** 20), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "32"}
        done = harness.run([EMIT, "--from-env", "--bytes", "10000", "--flush-ms", "500", "1000"], env, traced=True)
        n_dropped = int(re.findall(r"since start: (\d+) with as many queued as may be", done.err)[-1])
        may_answer.set()
        harness.wait_until(lambda: len(self.collector.taken) >= 1000 - n_dropped, what="the others")
        # A span has a block of 2 KiB and pages of 4.
        self.assertEqual(len(self.collector.taken), 1000 - n_dropped)
        self.assertLessEqual(len(self.collector.taken), 2 * 2 ** 20 // 14000)
        self.assertGreaterEqual(len(self.collector.taken), 2 * 2 ** 20 // 20000)

    def test_a_queue_larger_than_the_relays_is_reported_once(self):
        for relay, err in (("yes", "libtrace: warn: OTEL_BSP_MAX_QUEUE_SIZE is 100000, the relay's queue takes 65536 spans\n"),
                           ("no", "")):
            env = {**ENV, "OTEL_BSP_MAX_QUEUE_SIZE": "100000", "OTEL_C_RELAY": relay}
            done = harness.run([EMIT, "--from-env", "--flush-ms", "5000", "10"], env, traced=True)
            self.assertEqual(done.err, err)
            self.assertEqual(len(self.collector.taken), 10)
            self.collector.taken.clear()

    def test_a_batch_larger_than_the_relays_is_sent_in_parts(self):
        env = {**ENV, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10000", "OTEL_BSP_MAX_QUEUE_SIZE": "10000", "OTEL_BSP_SCHEDULE_DELAY": "60000"}
        harness.run([EMIT, "--from-env", "--flush-ms", "10000", "5000"], env, traced=True)
        self.assertEqual(len(self.collector.taken), 5000)
        self.assertGreaterEqual(max(sent.body.count(b'"spanId"') for sent in self.collector.sent), 1000)

    def test_a_full_heap_drops_whole_spans_and_no_attribute_of_others(self):
        may_answer = threading.Event()
        self.collector.answer = lambda n, sent: may_answer.wait(60) and Answer(200)
        env = {**ENV, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "32"}
        done = harness.run([EMIT, "--from-env", "--bytes", "50000", "--flush-ms", "500", "1000"], env, traced=True)
        n_dropped = int(re.findall(r"since start: (\d+) with as many queued as may be", done.err)[-1])
        may_answer.set()
        harness.wait_until(lambda: len(self.collector.taken) >= 1000 - n_dropped, 30, "the others")
        spans = all_spans(self.collector)
        self.assertEqual(len(spans), 1000 - n_dropped)
        self.assertEqual({span.get("droppedAttributesCount", 0) for span in spans}, {0})
        # 32 MiB, less what open spans may need; a span's pages are 13, of 4 KiB.
        self.assertLessEqual(len(spans), 32 * 2 ** 20 // 53248)
        self.assertGreaterEqual(len(spans), 29 * 2 ** 20 // 53248)

    @unittest.skipUnless(os.geteuid() == 0, "needs the right to lock memory")
    @unittest.skipIf(harness.SANITIZED, "a sanitizer has addresses without end")
    def test_a_program_that_locks_its_memory_loses_nothing(self):
        death = Death("mlockall", 5000, 0)
        death.run()
        harness.wait_until(lambda: f"{death.name} open" in self.names(), what="the open span")
        self.assertEqual(death.n_ended(), death.n_spans)
        self.assertEqual(sorted(self.names()), sorted([f"{death.name} {i}" for i in range(death.n_spans)] + [f"{death.name} open"]))

    def set_uid_copy(self, program):
        """Of another user than root and the one who runs it; its folder goes with the test."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            self.skipTest("needs a folder of temporary files that lets set-uid programs be")
        copy = shutil.copy(shutil.which(program), folder)
        os.chown(copy, OTHER_UID, -1)
        os.chmod(copy, 0o4755)
        return copy

    def run_by_nobody(self, arguments, traced):
        """By a shell, which has all that the launcher adds."""
        line = ["sh", "-c", 'exec "$0" "$@"', *arguments]
        line, environment = harness.command_of(line, {**ENV, "OTEL_C_EXIT_TIMEOUT": "2000"} if traced else {}, traced)
        return subprocess.run(line, env=environment, user=65534, group=65534, extra_groups=[], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30 * harness.SLOWNESS)

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    @unittest.skipIf(harness.SANITIZED, "a sanitizer's runtime is preloaded too")
    def test_a_set_uid_program_has_nothing_of_it(self):
        curl, cat, ls = map(self.set_uid_copy, ("curl", "cat", "ls"))
        server = harness.RawServer(8002, harness.http_bytes(200))
        self.addCleanup(server.stop)
        for arguments in ([curl, "-s", "-w", "%{http_code}", "http://127.0.0.1:8002/"], [curl, "-s", "http://127.0.0.1:1/"],
                          [ls, "/proc/self/fd"]):
            plain, traced = self.run_by_nobody(arguments, False), self.run_by_nobody(arguments, True)
            self.assertEqual((traced.returncode, traced.stdout, traced.stderr), (plain.returncode, plain.stdout, plain.stderr))
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(server.requests[0], server.requests[1])
        status = dict(line.split(":", 1) for line in self.run_by_nobody([cat, "/proc/self/status"], True).stdout.splitlines())
        self.assertEqual(status["Uid"].split(), ["65534", str(OTHER_UID), str(OTHER_UID), str(OTHER_UID)])  # it is one
        self.assertEqual(status["Threads"].strip(), "1")
        self.assertRegex(self.run_by_nobody(["cat", "/proc/self/maps"], True).stdout, "libtrace-agent")  # it would be seen
        self.assertNotRegex(self.run_by_nobody([cat, "/proc/self/maps"], True).stdout, "libtrace|memfd")
        harness.wait_until(lambda: not relays(), 40, "the end of each relay")
        self.assertEqual(self.names(), [])

    def test_an_exit_does_not_wait_unless_it_is_told_to(self):
        harness.skip_where_exits_wait(self)
        may_answer = threading.Event()
        self.collector.answer = lambda n, sent: may_answer.wait(60) and Answer(200)
        self.addCleanup(harness.RawServer(8002, harness.http_bytes(200)).stop)
        command = ["curl", "-s", "http://127.0.0.1:8002/"]
        finished = harness.run(command, ENV, traced=True)
        self.assertEqual((finished.code, finished.err), (0, ""))
        self.assertLess(finished.seconds, 1 * harness.SLOWNESS)
        told = harness.run(command, {**ENV, "OTEL_C_EXIT_TIMEOUT": "1200"}, traced=True)
        self.assertEqual((told.code, told.err), (0, "libtrace: warn: 1 spans are left to the relay\n"))
        self.assertGreater(told.seconds, 1.2)
        may_answer.set()
        harness.wait_until(lambda: self.collector.taken == ["GET", "GET"], what="both spans")

    def test_a_thread_sends_the_spans_where_there_can_be_no_relay(self):
        said = "libtrace-instrument: no libtrace-relay: {}; the program exports its spans itself\n"
        cases = {"AF_UNIX": (seccomp.NO_UNIX_SOCKETS, said.format("Address family not supported by protocol")),
                 "memfd": (seccomp.NO_MEMFD, ""), "pidfd": (seccomp.NO_PIDFD, said.format("Function not implemented"))}
        if not harness.SANITIZED:  # which could not look for leaks
            cases["ulimit -u"] = seccomp.NO_MORE_PROCESSES, said.format("Resource temporarily unavailable")
        line, environment = command([EMIT, "--from-env", "--flush-ms", "10000", "10"])
        for what, (forbid, err) in cases.items():
            with self.subTest(what):
                self.collector.taken.clear()
                done = subprocess.run(line, env=environment, preexec_fn=forbid, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, err))
                self.assertIn("flush ok", done.stdout)
                self.assertEqual(sorted(self.collector.taken), [f"span {i}" for i in range(10)])

    def test_a_thread_of_a_program_in_another_network_tries_by_itself(self):
        script = f"unshare -n {EMIT} --from-env --flush-ms 2000 10"
        if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
            self.skipTest("needs a network namespace")
        done = harness.run(["sh", "-c", script], ENV, traced=True)
        self.assertIn("cannot export to http://localhost:4318/v1/traces", done.err)

    def test_a_program_below_may_do_without(self):
        self.collector.answer = lambda n, sent: Answer(400)
        script = f"OTEL_C_RELAY=no {EMIT} --from-env --flush-ms 5000 10"
        done = harness.run(["sh", "-c", script], ENV, traced=True)
        self.assertIn("the queue takes 2048 spans", done.err)

    def test_a_flush_goes_there_and_back(self):
        finished = harness.run([EMIT, "--from-env", "--flush-ms", "5000", "100"],
                               {**ENV, "OTEL_BSP_SCHEDULE_DELAY": "60000"}, traced=True)
        self.assertIn("flush ok", finished.out)
        self.assertEqual(sorted(self.names()), sorted(f"span {i}" for i in range(100)))

    def test_values_in_each_other_arrive_as_a_thread_sends_them(self):
        sent = []
        for relay in ("yes", "no"):
            harness.run([EMIT, "--from-env", "--values", "1"], {**ENV, "OTEL_C_RELAY": relay}, traced=True)
            (span,) = all_spans(self.collector)
            self.collector.sent.clear()
            sent.append([attribute for attribute in span["attributes"] if attribute["key"] == "values"])
        self.assertEqual(sent[0], sent[1])
        self.assertEqual(sent[0], [{"key": "values", "value": {"kvlistValue": {"values": [
            {"key": "bytes", "value": {"bytesValue": "AP8="}},
            {"key": "strings", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}},
            {"key": "none", "value": {"kvlistValue": {}}},
            {"key": "mixed", "value": {"arrayValue": {"values": [
                {"stringValue": "text"}, {}, {"doubleValue": 0.5}, {"boolValue": True}]}}}]}}}])

    def test_what_the_collector_refuses_is_counted_on_the_programs_standard_error(self):
        self.collector.answer = lambda n, sent: Answer(400)
        finished = harness.run([EMIT, "--from-env", "--flush-ms", "5000", "100"],
                               {**ENV, "OTEL_C_EXIT_TIMEOUT": "2000"}, traced=True)
        self.assertIn("100 that could not be exported", finished.err)
        self.assertIn("400", finished.err)

    def test_a_shells_substitution_ends_when_its_command_does(self):
        harness.skip_where_exits_wait(self)
        self.collector.answer = lambda n, sent: time.sleep(3) or Answer(200)
        line, environment = command(["curl", "-s", "http://127.0.0.1:4318/"])
        began = time.monotonic()
        script = 'x=$("$@" 2>&1); echo done'
        done = subprocess.run(["sh", "-c", script, "sh", *line], env=environment, capture_output=True, text=True,
                              timeout=30 * harness.SLOWNESS)
        self.assertEqual(done.stdout, "done\n")
        self.assertLess(time.monotonic() - began, 2 * harness.SLOWNESS)

    @unittest.skipIf(harness.SANITIZED, "a sanitizer catches signals of its own")
    def test_a_program_is_seen_by_the_system_as_the_untraced_one(self):
        script = """if True:
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            libtrace = ctypes.CDLL("libtrace-c.so.0") if sys.argv[1] == "traced" else None
            if libtrace:
                libtrace.lt_provider_global.restype = ctypes.c_void_p
                libtrace.lt_tracer_get.restype = ctypes.c_void_p
                libtrace.lt_tracer_get.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
                class Slice(ctypes.Structure):
                    _fields_ = [("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t)]
                libtrace.lt_span_start_named.restype = ctypes.c_void_p
                libtrace.lt_span_start_named.argtypes = [ctypes.c_void_p, Slice, ctypes.c_void_p]
                libtrace.lt_span_end_at.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
                tracer = libtrace.lt_tracer_get(None, b"t", b"1")
                for _ in range(1000):
                    libtrace.lt_span_end_at(libtrace.lt_span_start_named(tracer, Slice(b"seen", 4), None), 0)
            status = dict(line.split(":", 1) for line in open("/proc/self/status"))
            print("threads", status["Threads"].strip())
            print("signals", *(status[k].strip() for k in ("SigBlk", "SigIgn", "SigCgt")))
            print("descriptors", sorted(os.listdir("/proc/self/fd")))
            print("children", open("/proc/self/task/%d/children" % os.getpid()).read())
            print("group", os.getpgrp() == os.getppid() or os.getpgrp() == os.getpid(), os.getsid(0) == os.getsid(os.getppid()))
            print("wait", libc.waitpid(-1, None, 0), ctypes.get_errno())
            print("unshare", libc.unshare(0x10000000))
            """
        environment = {"LD_LIBRARY_PATH": os.environ["LIBTRACE_LIB"]}
        plain = harness.run(["python3", "-c", script, "plain"])
        traced = harness.run(["python3", "-c", script, "traced"], {**ENV, **environment}, traced=True)
        self.assertEqual(traced.err, "")
        self.assertEqual(traced.out, plain.out)
        harness.wait_until(lambda: self.names().count("seen") == 1000, what="all spans")

    def is_possible(self, kind):
        if kind in ("chroot", "setuid") and os.geteuid() != 0:
            harness.note(f"skipped: {kind}: needs root")
            return False
        if kind == "memory-limit" and not control_group.is_allowed("memory"):
            harness.note(f"skipped: {kind}: {control_group.NEEDS}")
            return False
        return True


if __name__ == "__main__":
    harness.main()
