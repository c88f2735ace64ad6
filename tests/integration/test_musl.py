# SPDX-License-Identifier: Apache-2.0
"""Programs of musl (Alpine's C library), which know nothing of tracing, under libtrace-instrument."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import harness
from harness import StackTest, http_bytes, run, tree, wait_until
from test_curl import PARENT, TRACE, TRACEPARENT, results

HERE = os.path.dirname(os.path.abspath(__file__))
LIB = os.environ.get("LIBTRACE_LIB", "")
MUSL = os.environ.get("LIBTRACE_MUSL_CURL", "")
CURL = os.path.join(MUSL, "curl")
URL = "http://127.0.0.1:8002/"
ENV = {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01"}


def why_not():
    if harness.SANITIZED:
        return "the sanitizers' libraries do not load into programs of musl"
    if not os.path.exists(os.path.join(LIB, "libtrace-musl")):
        return "no musl-gcc when this was built"
    return "" if os.path.exists(CURL) else "no curl of musl: tests/musl/curl.sh makes one"


@unittest.skipUnless(shutil.which("musl-gcc"), "no musl-gcc")
class Structures(unittest.TestCase):
    def layout(self, *compiler):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "layout")
            subprocess.run([*compiler, "-D_GNU_SOURCE", "-DH2O_USE_LIBUV=0", os.path.join(HERE, "h2o_layout.c"), "-o", path],
                           check=True)
            return run([path]).out

    def test_libh2o_s_structures_are_the_same_for_both_c_libraries(self):
        """The agent's reading of them is tested with glibc."""
        includes = os.environ["LIBTRACE_MUSL_INCLUDES"].split()
        ours = self.layout(*os.environ["LIBTRACE_CC"].split(), *includes)
        self.assertRegex(ours, r"(?m)^h2o_req_t\.res [1-9]")
        self.assertEqual(self.layout("musl-gcc", *includes), ours)


@unittest.skipIf(why_not(), why_not())
class Musl(StackTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = self.serve_raw(8002, http_bytes(200, b"ok"))

    def traced(self, command, env=None, **options):
        done = run(command, env={**self.TRACING, **ENV, **(env or {})}, traced=True, service="it", **options)
        self.assertEqual((done.code, done.err), (0, ""), done)
        return done

    def host(self):
        if not shutil.which("musl-gcc"):
            self.skipTest("no musl-gcc")
        path = os.path.join(self.folder, "host")
        subprocess.run(["musl-gcc", "-O1", os.path.join(HERE, "musl_host.c"), "-o", path, "-L", MUSL, "-l:libcurl.so.4",
                        f"-Wl,-rpath,{MUSL}"], check=True)
        return path

    def same(self, command, n_spans, env=None):
        """It prints the same as without the agent. @return its spans"""
        self.start_backend()
        plain, traced = run(command), self.traced(command, env)
        self.assertEqual(results(plain), results(traced))
        return self.backend.trace(TRACE, n_spans, 60)

    def test_a_request_is_a_span_whose_context_is_sent(self):
        self.start_backend()
        self.traced([CURL, "-sS", URL + "a?b=c"])
        (span,) = self.backend.trace(TRACE, 1, 60)
        self.assertEqual((span.name, span.kind, span.status, span.parent), ("GET", "CLIENT", 0, PARENT))
        self.assertEqual((span.scope["name"], span.resource["service.name"]), ("libtrace-agent/libcurl", "it"))
        self.assertEqual({k: span.attributes[k] for k in ("url.full", "http.response.status_code", "server.port")},
                         {"url.full": URL + "a?b=c", "http.response.status_code": 200, "server.port": 8002})
        self.assertEqual(TRACEPARENT.findall(self.server.requests[0]), [f"00-{TRACE}-{span.id}-01".encode()])

    def test_curl_does_the_same_with_the_agent_as_without(self):
        arguments = [CURL, "-sSi", "-d", "data", "-H", "X-Mine: 1", URL + "x?y=z"]
        quiet = {"OTEL_LOG_LEVEL": "none", "OTEL_C_EXIT_TIMEOUT": ""}  # nobody takes the spans
        plain, traced = run(arguments), run(arguments, traced=True, env=quiet)
        self.assertEqual(results(plain), results(traced))
        without, with_agent = self.server.requests
        self.assertEqual(TRACEPARENT.sub(b"\r\n", with_agent), without)
        for arguments, code in ((["http://127.0.0.1:1/"], 7), (["http://"], 3), (["nope://x"], 1), (["--version"], 0)):
            plain = run([CURL, "-sS", *arguments])
            traced = run([CURL, "-sS", *arguments], traced=True, env=quiet)
            self.assertEqual(results(plain), results(traced))
            self.assertEqual(plain.code, code, arguments)

    def sent(self):
        """The contexts that requests had, in order of their text."""
        return sorted(header for request in self.server.requests for header in TRACEPARENT.findall(request))

    def test_transfers_in_parallel_have_a_span_each(self):
        self.start_backend()
        done = run([CURL, "-s", "--parallel", *(f"{URL}{i}" for i in range(20))], env={**self.TRACING, **ENV}, traced=True)
        self.assertEqual((done.code, done.out), (0, 20 * "ok"))
        spans = self.backend.trace(TRACE, 20, 60)
        self.assertEqual(self.sent(), sorted(f"00-{TRACE}-{span.id}-01".encode() for span in spans))

    def test_threads_have_their_own_spans(self):
        spans = self.same([self.host(), "threads", URL], 80)
        self.assertEqual(self.sent(), sorted(f"00-{TRACE}-{span.id}-01".encode() for span in spans))

    def test_a_fork_s_child_traces_too(self):
        spans = self.same([self.host(), "fork", URL], 3)
        self.assertEqual(len({span.resource["process.pid"] for span in spans}), 2)

    def test_functions_that_are_looked_up_in_the_library_are_traced(self):
        (span,) = self.same([self.host(), "pointers", URL, os.path.join(MUSL, "libcurl.so.4")], 1)
        self.assertEqual(TRACEPARENT.findall(self.server.requests[-1]), [f"00-{TRACE}-{span.id}-01".encode()])

    def test_programs_of_both_c_libraries_that_start_one_another_are_traced(self):
        """A shell of glibc, in it a program of musl, in it a curl of glibc, and one of musl beside."""
        script = f"{self.host()} program {URL}1 curl -sS {URL}2; {CURL} -sS {URL}3"
        spans = self.same(["sh", "-c", script], 3)
        self.assertEqual({(s.attributes["url.full"][-1], s.parent, s.resource["process.executable.path"]) for s in spans}, {
            ("1", PARENT, os.path.join(self.folder, "host")),
            ("2", PARENT, os.path.realpath(shutil.which("curl"))),
            ("3", PARENT, os.path.realpath(CURL))})

    @unittest.skipUnless(harness.RELAY, "without a relay its last spans are lost")
    def test_kill_9_loses_no_span(self):
        if harness.named_relay().startswith("[,"):
            self.skipTest("no relay here")
        self.start_backend()
        reached, released = threading.Event(), threading.Event()
        self.addCleanup(released.set)

        def hold(_connection, _request):
            reached.set()
            released.wait()

        self.serve_raw(8003, hold)
        ended = [f"{URL}{i}" for i in range(20)]
        command, env = harness.command_of([CURL, "-sS", *ended, "http://127.0.0.1:8003/open"],
                                          {"OTEL_BSP_SCHEDULE_DELAY": "60000", **ENV}, True, "it")
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(reached.wait(60))
        process.send_signal(signal.SIGKILL)
        spans = self.backend.trace(TRACE, 21, 60)
        by_url = {span.attributes["url.full"]: span for span in spans}
        self.assertEqual({by_url[url].status for url in ended}, {0})
        still_open = by_url["http://127.0.0.1:8003/open"]
        self.assertEqual(still_open.status, 2)
        self.assertIn(still_open.attributes["error.type"], ("SIGKILL", "process_killed"))  # before Linux 6.15

    def test_two_agents_make_one_span(self):
        copy = os.path.join(self.folder, "copy")
        shutil.copytree(os.path.join(LIB, "libtrace-musl"), os.path.join(copy, "libtrace-musl"))
        shutil.copy(os.path.join(LIB, "libtrace-agent.so"), copy)
        self.start_backend()
        agents = [os.path.join(folder, "libtrace-agent.so") for folder in (copy, LIB)]
        done = run([CURL, "-sS", URL], env={**self.TRACING, **ENV, "LD_PRELOAD": ":".join(agents)})
        self.assertEqual((done.code, done.out, done.err), (0, "ok", ""))
        self.backend.trace(TRACE, 1, 60)

    def test_an_agent_without_a_core_for_musl_changes_nothing(self):
        for name in ("libtrace-agent.so", "libtrace-agent-core.so", "libtrace-c.so.0"):
            shutil.copy(os.path.join(LIB, name), self.folder)
        agent = os.path.join(self.folder, "libtrace-agent.so")
        done = run([CURL, "-sS", URL], env={**ENV, "LD_PRELOAD": agent})
        self.assertEqual((done.code, done.out, done.err), (0, "ok", ""))
        self.assertEqual(TRACEPARENT.findall(self.server.requests[0]), [])
        done = run([CURL, "-sS", URL], env={"LIBTRACE_AGENT": agent}, traced=True)
        self.assertEqual((done.code, done.out), (0, "ok"))
        self.assertRegex(done.err, r"^libtrace-instrument: \S+ runs without being traced: it uses musl, and this agent was "
                                   r"built without libtrace-musl/\n$")

    def test_the_doctor_sees_that_it_would_be_traced_and_that_it_is(self):
        self.start_backend()
        done = run(["libtrace-instrument", "--doctor", CURL])
        self.assertEqual(done.code, 0, done)
        self.assertRegex(done.out, r"(?m)^client +yes: libcurl\.so\.4 \(" + re.escape(MUSL))
        held = self.start_held()
        done = run(["libtrace-instrument", "--doctor", "--pid", str(held)])
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertRegex(done.out, r"(?m)^verdict +it is traced$")

    def start_held(self):
        released, reached = threading.Event(), threading.Event()
        self.addCleanup(released.set)

        def hold(connection, _):
            reached.set()
            released.wait()
            connection.sendall(http_bytes(200))

        self.serve_raw(8003, hold)
        command, env = harness.command_of([CURL, "-sS", "http://127.0.0.1:8003/"], self.TRACING, True, "it")
        process = subprocess.Popen(command, env=env)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(reached.wait(60))
        return process.pid


if __name__ == "__main__":
    harness.main()
