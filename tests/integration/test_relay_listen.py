# SPDX-License-Identifier: Apache-2.0
"""libtrace-relay --listen: a relay for programs that are not its launcher's, such as those of other containers."""
import ctypes
import json
import os
import re
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import threading
import unittest

import harness
import control_group
import seccomp
from collector import Answer, Collector

DIES = os.environ["LIBTRACE_DIES"]
EMIT = os.environ["LIBTRACE_EMIT"]
TOKEN = "0123456789abcdef" * 2
UUID = "2b5ba3ab-7a44-4c0f-9f6b-5f8a9d3c1e20"
NOBODY = 65534
SPANS = """
import ctypes, os, time
lib = ctypes.CDLL("libtrace-c.so.0")
lib.lt_provider_global.restype = lib.lt_tracer_get.restype = lib.lt_span_start_named.restype = ctypes.c_void_p
lib.lt_tracer_get.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
class Slice(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t)]
lib.lt_span_start_named.argtypes = [ctypes.c_void_p, Slice, ctypes.c_void_p]
lib.lt_span_end_at.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
def start(name):
    return lib.lt_span_start_named(lib.lt_tracer_get(None, b"t", b"1"), Slice(name, len(name)), None)
def make(name):
    lib.lt_span_end_at(start(name), 0)
"""
SENDING = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_SCHEDULE_DELAY": "200"}


def can_unshare(*options):
    return shutil.which("unshare") and subprocess.run(["unshare", *options, "true"], capture_output=True).returncode == 0


class Listen(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="libtrace-relay-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.path = os.path.join(self.folder, "relay.sock")
        self.count = os.path.join(self.folder, "count")

    def collect(self):
        collector = Collector()
        self.addCleanup(collector.stop)
        return collector

    def relay(self, env=(), before=(), **popen):
        program = harness.Program([*before, harness.program_path("libtrace-relay"), "--listen", self.path],
                                  env={**SENDING, **dict(env)}, **popen)
        self.addCleanup(program.kill)
        harness.wait_until(lambda: self.is_listening(program), what="a relay's socket")
        return program

    def is_listening(self, program):
        self.assertIsNone(program.process.poll(), program.output)
        return harness.listens_at(self.path)

    def program(self, arguments, env=(), before=(), inside=(), **popen):
        """arguments under the launcher, which does as OTEL_C_RELAY says; inside comes between the two."""
        line, environment = harness.command_of(arguments, {"OTEL_C_RELAY": self.path, **dict(env)}, traced=True)
        line[-len(arguments):-len(arguments)] = inside
        program = harness.Program([*before, *line], env=environment, **popen)
        self.addCleanup(program.kill)
        return program

    def script(self, text, **options):
        """In Python, with SPANS."""
        return self.program(["python3", "-c", SPANS + text], env={**SENDING, "LD_LIBRARY_PATH": os.environ["LIBTRACE_LIB"]},
                            **options)

    def make_count(self):
        with open(self.count, "wb") as file:
            file.write(bytes(4))
        os.chmod(self.count, 0o666)

    def waiting(self, n, **options):
        self.make_count()
        program = self.program([DIES, "wait", "w", "5000", str(n), self.count], **options)
        harness.wait_until(lambda: self.n_ended() == n, what=f"{n} spans")
        return program

    def n_ended(self):
        with open(self.count, "rb") as file:
            return struct.unpack("I", file.read(4))[0]

    @staticmethod
    def names(collector):
        with collector.lock:
            return sorted(name for sent in collector.sent for name in sent.names)

    @staticmethod
    def error_type(collector, name):
        (body,) = (json.loads(sent.body) for sent in collector.sent if name in sent.names)
        (span,) = (span for group in body["resourceSpans"] for scope in group["scopeSpans"] for span in scope["spans"]
                   if span["name"] == name)
        return next(a["value"]["stringValue"] for a in span["attributes"] if a["key"] == "error.type")

    def expect(self, collector, n):
        """All of dies' spans, each once, and the one that was open."""
        expected = sorted([*(f"w {i}" for i in range(n)), "w open"])
        harness.wait_until(lambda: len(self.names(collector)) >= len(expected), what="all spans")
        self.assertEqual(self.names(collector), expected)

    # --- who gets there ------------------------------------------------------------------------

    def test_a_killed_program_in_other_namespaces_loses_nothing(self):
        if not can_unshare("-Urpn", "--fork"):
            self.skipTest("namespaces are not allowed")
        collector = self.collect()
        self.relay()
        program = self.waiting(1000, before=["unshare", "-Urpn", "--fork", "--kill-child"])
        program.kill()  # so the kernel kills what is in the namespace
        self.expect(collector, 1000)

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    def test_another_user_is_let_in_by_the_token(self):
        collector = self.collect()
        self.relay({"OTEL_C_RELAY_TOKEN": TOKEN})
        self.assertFalse(os.path.exists(self.path + ".token"))
        program = self.waiting(100, env={"OTEL_C_RELAY": "unix:" + self.path, "OTEL_C_RELAY_TOKEN": TOKEN},
                               before=["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"])
        program.kill()
        self.expect(collector, 100)

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    def test_another_user_cannot_read_the_token_and_sends_its_spans_itself(self):
        collector = self.collect()
        self.relay()
        self.assertEqual(stat.S_IMODE(os.stat(self.path + ".token").st_mode), 0o640)
        line, env = harness.command_of([EMIT, "--from-env", "10"], {**SENDING, "OTEL_C_RELAY": self.path}, traced=True)
        done = harness.run(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", *line], env)
        self.assertIn(f"no token for the relay at {self.path}: {self.path}.token: Permission denied", done.err)
        self.assertEqual(self.names(collector), sorted(f"span {i}" for i in range(10)))

    def test_a_uuid_is_a_token(self):
        collector = self.collect()
        self.relay({"OTEL_C_RELAY_TOKEN": UUID})
        program = self.waiting(10, env={"OTEL_C_RELAY": self.path, "OTEL_C_RELAY_TOKEN": UUID.replace("-", "")})
        program.kill()
        self.expect(collector, 10)

    def test_one_waits_until_the_relay_listens(self):
        waiting = harness.Program([harness.program_path("libtrace-relay"), "--wait", self.path])
        self.addCleanup(waiting.kill)
        with self.assertRaises(subprocess.TimeoutExpired):
            waiting.process.wait(0.2)
        self.relay()
        self.assertEqual(waiting.wait(), 0)

    def test_one_that_is_to_stay_ends_by_a_signal_alone(self):
        relay = harness.Program([harness.program_path("libtrace-relay"), "--stay", "--listen", self.path],
                                env={"OTEL_EXPORTER_OTLP_ENDPOINT": "nonsense://"})
        self.addCleanup(relay.kill)
        harness.wait_until(lambda: "settings are not valid" in relay.output, what="the reason")
        with self.assertRaises(subprocess.TimeoutExpired):
            relay.process.wait(0.2)
        self.assertEqual(relay.stop(), 0)

    def test_with_another_token_a_program_sends_its_spans_itself(self):
        collector = self.collect()
        self.relay()
        env = {**SENDING, "OTEL_C_RELAY": self.path, "OTEL_C_RELAY_TOKEN": TOKEN}
        done = harness.run([EMIT, "--from-env", "--flush-ms", "100", "10"], env, traced=True)
        self.assertIn("has it another token?", done.err)
        self.assertEqual(self.names(collector), sorted(f"span {i}" for i in range(10)))

    def test_without_a_relay_a_program_sends_its_spans_itself(self):
        collector = self.collect()
        for path, text in ((self.path, "no relay at"), ("unix:relative", "a socket's path begins with /"),
                           ("/" + 200 * "x", "at most 107 bytes")):
            with self.subTest(path=path):
                before = len(self.names(collector))
                env = {**SENDING, "OTEL_C_RELAY": path, "OTEL_C_RELAY_TOKEN": TOKEN}
                done = harness.run([EMIT, "--from-env", "10"], env, traced=True)
                self.assertIn(text, done.err)
                self.assertEqual(len(self.names(collector)) - before, 10)

    # --- how ends are noticed ------------------------------------------------------------------

    def test_a_kill_is_told_from_an_exit_where_the_relay_cannot_see_the_program(self):
        if not can_unshare("-p", "--fork"):
            self.skipTest("PID namespaces are not allowed")
        collector = self.collect()
        self.relay(before=["unshare", "-p", "--fork", "--kill-child"])
        for how, expected in (("kill", "process_killed"), ("exit", "process_end")):
            self.make_count()
            self.program([DIES, how, how, "5000", "10", self.count]).wait()
            harness.wait_until(lambda: f"{how} open" in self.names(collector), what="the span that was open")  # noqa: B023
            (body,) = (sent.body for sent in collector.sent if f"{how} open" in sent.names)
            self.assertIn(expected, body.decode())

    @unittest.skipUnless(control_group.is_allowed("memory"), control_group.NEEDS)
    def test_lack_of_memory_is_told_from_a_kill_where_the_relay_cannot_see_the_program(self):
        if not can_unshare("-p", "-m", "--fork"):
            self.skipTest("PID and mount namespaces are not allowed")
        collector = self.collect()
        self.relay({"OTEL_BSP_SCHEDULE_DELAY": "0", "OTEL_EXPORTER_OTLP_TIMEOUT": "60000"},
                   before=["unshare", "-p", "--fork", "--kill-child"])
        for how, expected in (("memory-limit", "out_of_memory"), ("kill", "process_killed")):
            may_answer = threading.Event()  # until then the relay waits for an answer
            collector.answer = lambda n, sent: may_answer.wait(60) and Answer(200)  # noqa: B023
            self.make_count()
            with control_group.memory(64 * 2 ** 20, as_container=True) as enter:
                self.program([DIES, how, how, "500", "100", self.count], inside=enter).wait()
                self.wait_for_heart()
            may_answer.set()  # by now the cgroup is gone, as a container's is
            harness.wait_until(lambda: f"{how} open" in self.names(collector), 60, "the span that was open")  # noqa: B023
            self.assertEqual(self.error_type(collector, f"{how} open"), expected)

    @staticmethod
    def wait_for_heart():
        """Until the relay's other thread has been up three times: what has happened before it has noticed."""
        (relay,) = harness.wait_until(lambda: len(harness.relays()) == 1 and harness.relays(), 60, "one relay")

        def n_naps():
            (heart,) = (tid for tid in os.listdir(f"/proc/{relay}/task") if int(tid) != relay)
            with open(f"/proc/{relay}/task/{heart}/status") as file:
                return int(re.search(r"(?m)^voluntary_ctxt_switches:\s*(\d+)", file.read())[1])

        before = n_naps()
        harness.wait_until(lambda: n_naps() >= before + 3, 60, "three beats")

    def test_an_end_is_noticed_where_the_kernel_has_no_pidfd_and_no_number_for_the_program(self):
        if not can_unshare("-p", "--fork"):
            self.skipTest("PID namespaces are not allowed")
        collector = self.collect()
        self.relay(before=["unshare", "-p", "--fork", "--kill-child"], preexec_fn=seccomp.NO_PEER_PIDFD)
        program = self.waiting(100)
        harness.wait_until(lambda: len(self.names(collector)) == 100, what="the ended spans")
        self.assertIsNone(program.process.poll())  # it lives, and is taken to
        program.kill()
        self.expect(collector, 100)

    def test_an_exec_is_noticed_while_the_process_lives(self):
        collector = self.collect()
        self.relay()
        program = self.script("""
start(b"replaced")
os.execlp("sleep", "sleep", "60")
""")
        harness.wait_until(lambda: self.names(collector) == ["replaced"], what="the open span")
        self.assertIsNone(program.process.poll())
        self.assertIn("process_exec", json.dumps(collector.sent[0].body.decode()))

    # --- its own end ---------------------------------------------------------------------------

    def test_a_signal_ends_it_when_all_is_sent_and_nothing_is_left_behind(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                collector = self.collect()
                relay = self.relay({"OTEL_BSP_SCHEDULE_DELAY": "60000"})
                program = self.waiting(100)
                relay.signal(number)
                self.assertEqual(relay.wait(), 0, relay.output)
                self.assertEqual(self.names(collector), sorted(f"w {i}" for i in range(100)))
                self.assertEqual(os.listdir(self.folder), ["count"])
                program.kill()
                collector.stop()

    def test_a_collector_that_hangs_holds_its_end_up_no_longer_than_the_exit_timeout(self):
        collector = self.collect()
        collector.answer = lambda n, sent: None
        relay = self.relay({"OTEL_BSP_SCHEDULE_DELAY": "0", "OTEL_C_EXIT_TIMEOUT": "1000"})
        self.waiting(10)
        harness.wait_until(lambda: collector.sent, what="a request")
        relay.signal(signal.SIGTERM)
        self.assertEqual(relay.wait(timeout=5), 0, relay.output)

    def test_a_program_goes_on_without_it(self):
        collector = self.collect()
        relay = self.relay()
        env = {**SENDING, "OTEL_BSP_SCHEDULE_DELAY": "60000"}
        program = self.program([EMIT, "--from-env", "--per-second", "500", "--flush-ms", "5000", "1000"], env=env)
        harness.wait_until(lambda: self.names(collector), what="a first batch")
        relay.stop()
        self.assertEqual(program.wait(), 0, program.output)
        self.assertEqual(self.names(collector), sorted(f"span {i}" for i in range(1000)))

    def test_a_killed_one_that_is_started_again_costs_running_programs_no_span(self):
        collector = self.collect()
        relay = self.relay()
        env = {**SENDING, "OTEL_BSP_SCHEDULE_DELAY": "60000"}
        program = self.program([EMIT, "--from-env", "--per-second", "500", "--flush-ms", "5000", "1000"], env=env)
        harness.wait_until(lambda: self.names(collector), 60, "a first batch")
        relay.kill()
        self.relay()
        self.assertEqual(program.wait(timeout=60), 0, program.output)
        self.assertEqual(sorted(set(self.names(collector))), sorted(f"span {i}" for i in range(1000)))
        self.assertEqual(program.output.count("the relay has died: a thread of the program's exports its spans"), 1)

    def test_one_that_is_started_again_gets_the_spans_of_running_programs_children(self):
        collector = self.collect()
        relay = self.relay()
        go = os.path.join(self.folder, "go")
        program = self.script(f"""
make(b"before")
while not os.path.exists({go!r}):
    time.sleep(0.01)
make(b"after")
child = os.fork()
if child == 0:
    make(b"child")
    os._exit(0)  # nothing waits for a thread of its own
os.waitpid(child, 0)
""")
        harness.wait_until(lambda: "before" in self.names(collector), 60, "its first span")
        relay.kill()
        self.relay()
        with open(go, "w"):
            pass
        self.assertEqual(program.wait(timeout=60), 0, program.output)
        harness.wait_until(lambda: {"after", "child"} <= set(self.names(collector)), 60, "all spans")

    # --- its start -----------------------------------------------------------------------------

    def test_a_killed_relays_place_is_taken_over_and_a_living_ones_is_not(self):
        collector = self.collect()
        relay = self.relay()
        second = harness.run([harness.program_path("libtrace-relay"), "--listen", self.path], SENDING)
        self.assertEqual(second.code, 1)
        self.assertIn(f"{self.path}: another relay listens there", second.err)
        with open(self.path + ".token") as file:
            token = file.read()
        relay.kill()
        self.relay()
        with open(self.path + ".token") as file:
            self.assertEqual(file.read(), token)  # programs may have read it
        self.waiting(10).kill()
        self.expect(collector, 10)

    def test_a_token_file_of_others_making_is_not_trusted(self):
        with open(self.path + ".token", "w") as file:
            file.write(TOKEN)
        os.chmod(self.path + ".token", 0o666)
        self.relay()
        with open(self.path + ".token") as file:
            self.assertNotIn(TOKEN, file.read())

    def test_bad_input_gets_a_clear_error(self):
        relay = harness.program_path("libtrace-relay")
        with open(self.path, "w"):
            pass  # no socket
        for arguments, env, code, text in (
                ([], {}, 2, "--listen PATH is missing"),
                (["--listen"], {}, 2, "needs a path"),
                (["--listen="], {}, 2, "needs a path"),
                (["--listen", "a", "--listen", "b"], {}, 2, "may be given once"),
                (["--listen", "a", "--wait", "b"], {}, 2, "may be given once"),
                (["--stay"], {}, 2, "--stay: goes with --listen"),
                (["--wait"], {}, 2, "--wait: needs a path"),
                (["--wait=/" + 200 * "x"], {}, 2, "1 to 107 bytes"),
                (["--lisen", "a"], {}, 2, "--lisen: no such option"),
                (["--listen", self.path], {}, 1, "or it is no socket"),
                (["--listen", self.folder + "/none/s"], {}, 1, "No such file or directory"),
                (["--listen", "/" + 200 * "x"], {}, 1, "1 to 107 bytes"),
                (["--listen", self.path + "2"], {"OTEL_C_RELAY_TOKEN": "short"}, 1, "OTEL_C_RELAY_TOKEN: it is not 32 digits"),
                (["--listen", self.path + "2"], {"OTEL_TRACES_EXPORTER": "none"}, 1, "OTEL_TRACES_EXPORTER is none"),
                (["--listen", self.path + "2"], {"OTEL_EXPORTER_OTLP_ENDPOINT": "nonsense://"}, 1, "settings are not valid")):
            with self.subTest(arguments=arguments, env=env):
                done = harness.run([relay, *arguments], env)
                self.assertEqual((done.code, done.out), (code, ""))
                self.assertIn(text, done.err)
        self.assertEqual(os.listdir(self.folder), ["relay.sock"])

    def test_help_and_version_are_printed(self):
        relay = harness.program_path("libtrace-relay")
        self.assertIn("--listen PATH", harness.run([relay, "--help"]).out)
        self.assertRegex(harness.run([relay, "--version"]).out, r"^libtrace-relay \d+\.\d+\.\d+\n$")

    def test_what_it_cannot_send_is_on_its_standard_error(self):
        collector = self.collect()
        collector.answer = lambda n, sent: Answer(400)
        relay = self.relay()
        self.waiting(10)
        harness.wait_until(lambda: "HTTP status 400" in relay.output, what="a message")


if __name__ == "__main__":
    harness.main()
