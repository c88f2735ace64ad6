# SPDX-License-Identifier: Apache-2.0
"""What every integration test uses: real programs on a loopback of their own, traceview as the backend.

A test file imports this, defines unittest classes, and ends with harness.main(), which moves the
process into a network namespace of its own: tests use the real ports, side by side, and disturb
nothing on the machine. Where namespaces are not allowed the process stays on the machine's loopback,
and test files take turns. Importing this file changes nothing.
"""
import contextlib
import ctypes
import fcntl
import functools
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections import namedtuple

# Tests import these from here, with all the rest.
from spans import CUSTOM_TREE, KINDS, Span, spans_of, tree, one, trace_id  # noqa: F401
from tap import TapResult

BIN = os.environ.get("LIBTRACE_BIN", "")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SANITIZED = os.environ.get("LIBTRACE_SANITIZE", "none") != "none"
# Sanitizers slow programs down, by about this much; deadlines of their own, not of the code under test.
SLOWNESS = 4 if SANITIZED else 1
# How the agent's spans leave a program: by the relay, or by a thread of its own.
RELAY = os.environ.get("LIBTRACE_TEST_RELAY", "yes") == "yes"

# What the services and the hosts were built with: 2.2.5, or else 2.3.
IS_H2O_2_2 = os.environ.get("LIBTRACE_H2O_MINOR", "13") == "13"

# What traceview was built with.
HAS_GRPC = os.environ.get("LIBTRACE_HAS_GRPC", "true") == "true"
HAS_ZSTD = os.environ.get("LIBTRACE_HAS_ZSTD", "true") == "true"

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18


def enter_own_network():
    """Returns whether this process has a loopback of its own now."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    with socket.socket() as s:  # ip link set lo up
        up = struct.pack("16sH14x", b"lo", 1)
        fcntl.ioctl(s, 0x8914, up)
    return True


def mount_for_itself(source, target, kind=None, flags=0):
    """Mounts where only this process and its children see it. OSError: it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    for call in (lambda: libc.unshare(CLONE_NEWNS),
                 lambda: libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None),
                 lambda: libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, None)):
        if call() != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)


def wait_for_the_others():
    """On one loopback test files take turns; the lock is gone with the process."""
    path = os.path.join(tempfile.gettempdir(), f"libtrace-tests-{os.getuid()}.lock")
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)


has_own_network = False  # until enter_network()


def enter_network():
    """To be called once, before the first test and before any thread is started."""
    global has_own_network
    has_own_network = enter_own_network()
    if not has_own_network:
        wait_for_the_others()


def others_can_reach(path):
    """Whether a user who is not in the way of its folders gets there, out of a build's private folder, say."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


NEEDS_TWO_USERS = "needs root, to be two users, in folders that others can reach"
CAN_BE_TWO_USERS = os.geteuid() == 0 and all(map(others_can_reach, (tempfile.gettempdir(), os.path.realpath(BIN))))


def allow_descriptors(test, n):
    """For this process and its children; skips the test where the machine allows fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < n:
        test.skipTest(f"this machine allows {hard} descriptors a process, fewer than {n}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, n), hard))


def wait_until(condition, timeout=10, what="condition"):
    """Waits until condition() is true, and returns what it gave."""
    deadline = time.monotonic() + timeout * SLOWNESS
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout * SLOWNESS} s")
        time.sleep(0.02)


def listens_at(path):
    """Whether somebody listens on the Unix socket there."""
    with open("/proc/net/unix") as file:
        return any(line.split()[3] == "00010000" and line.endswith(f" {path}\n") for line in file)


def note(text):
    """Says something beside the results, as a TAP comment."""
    print(f"# {text}", flush=True)


# --- HTTP --------------------------------------------------------------------------------------

Response = namedtuple("Response", "status headers body")


def request(method, port, path, body=None, headers=None, timeout=30):
    """One request on a connection of its own; header names in lower case."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * SLOWNESS)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def get(port, path, **options):
    return request("GET", port, path, **options)


def post_json(port, path, value, headers=None, **options):
    headers = {"Content-Type": "application/json", **(headers or {})}
    return request("POST", port, path, json.dumps(value), headers, **options)


def answers(port, path="/readyz"):
    try:
        return get(port, path, timeout=2).status == 200
    except OSError:
        return False


def parse_response(text):
    """What `curl -si` prints, as a Response; the last one of several."""
    head, _, body = text.partition("\r\n\r\n")
    while body.startswith("HTTP/"):
        head, _, body = body.partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Response(int(lines[0].split()[1]), headers, body)


def read_request(connection):
    """The bytes of one HTTP/1 request with a Content-Length or without a body; b"" at the connection's end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def http_bytes(status, body=b"", headers=()):
    """An HTTP/1.1 response that closes its connection."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class RawServer:
    """Answers each request on a connection of its own with bytes, or as reply(connection, request) does."""

    def __init__(self, port, reply):
        self.reply = reply if callable(reply) else lambda connection, _: connection.sendall(reply)
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                request = read_request(connection)
                if request:
                    self.requests.append(request)
                    self.reply(connection, request)
            except OSError:
                pass  # the other side has gone

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def at_once(n, call):
    """Runs call(i) on n threads at the same time; returns the results in order, or raises what one raised."""
    results, errors = [None] * n, []

    def run(i):
        try:
            results[i] = call(i)
        except Exception as error:  # noqa: BLE001: it is raised below, on the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


# --- programs ----------------------------------------------------------------------------------


def sanitizer_runtimes():
    """What must come before the agent in LD_PRELOAD: the sanitizers' own libraries, and asan_first.c's."""
    names = [n for flag, n in (("address", "libasan.so"), ("undefined", "libubsan.so"))
             if flag in os.environ.get("LIBTRACE_SANITIZE", "")]
    paths = [subprocess.run(["gcc", f"-print-file-name={n}"], capture_output=True, text=True, check=True).stdout.strip()
             for n in names]
    return paths + [path for path in os.environ.get("LIBTRACE_PRELOAD", "").split(":") if path]


def relays():
    """The processes of libtrace-relay that run in this network."""
    found = []
    own = os.readlink("/proc/self/ns/net")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as comm:
                is_relay = comm.read().strip() == "libtrace-relay"
            if is_relay and os.readlink(f"/proc/{pid}/ns/net") == own and os.readlink(f"/proc/{pid}/exe"):
                found.append(int(pid))
        except OSError:
            pass  # it has ended
    return found


def end_relays():
    """Those of an earlier test may still have spans for whoever listens where the collector was."""
    for pid in relays() if has_own_network else ():
        with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(pid, signal.SIGKILL)


@functools.cache
def sanitizer_logs():
    """Where traced programs, and their relays, which have no standard error, leave what AddressSanitizer finds."""
    folder = tempfile.mkdtemp(prefix="libtrace-sanitizer-")
    os.chmod(folder, 0o777)  # some of them change their user
    return os.path.join(folder, "report")


def print_sanitizer_logs():
    """Returns how many there are; the folder goes."""
    folder = os.path.dirname(sanitizer_logs())
    names = sorted(os.listdir(folder))
    for name in names:
        with open(os.path.join(folder, name), errors="replace") as file:
            note(f"{name}:\n" + file.read().replace("\n", "\n# "))
    shutil.rmtree(folder)
    return len(names)


def program_path(name):
    path = os.path.join(BIN, name)
    return path if os.path.exists(path) else name


def is_ours(command):
    """Programs of this tree are built as the agent is; others know nothing of sanitizers, and may leak."""
    path = shutil.which(command) or ""
    return os.path.realpath(path).startswith(os.path.realpath(os.path.dirname(BIN)))


def command_of(arguments, env=None, traced=False, service=None):
    """The command line and environment of a program, under libtrace-instrument when it is to be traced."""
    command = [program_path(arguments[0]), *arguments[1:]]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TRACEPARENT", "TRACESTATE"))}
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    if SANITIZED:
        environment["LAG_MAX_MS"] = "0"  # no measure of what is this slow
    environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    environment["ASAN_OPTIONS"] = "detect_leaks=1" if is_ours(command[0]) else "detect_leaks=0"
    if traced:
        environment["OTEL_C_EXIT_TIMEOUT"] = "2000"  # the default; with a relay an exit waits only where it is set
        if not RELAY:
            environment["OTEL_C_RELAY"] = "no"
    environment.update(env or {})
    if traced:
        command = [program_path("libtrace-instrument"), "--service-name", service or arguments[0], "--", *command]
        if sanitizer_runtimes():
            environment["LD_PRELOAD"] = ":".join(sanitizer_runtimes())
            environment["ASAN_OPTIONS"] += f":log_path={sanitizer_logs()}:log_exe_name=1"
    return command, environment


Finished = namedtuple("Finished", "code out err seconds")


def run(arguments, env=None, traced=False, service=None, timeout=30):
    """Runs a program to its end."""
    command, environment = command_of(arguments, env, traced, service)
    began = time.monotonic()
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout * SLOWNESS)
    return Finished(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"),
                    time.monotonic() - began)


def named_relay(options=()):
    """What the launcher tells its program of the relay, in brackets."""
    done = run(["libtrace-instrument", *options, "sh", "-c", "echo [$LIBTRACE_RELAY]"])
    assert (done.code, done.err) == (0, ""), done
    return done.out


def skip_where_exits_wait(test):
    """For a test of exits that do not wait for the relay: in a container whose first process is another they do."""
    if RELAY and named_relay().endswith(",always]\n"):
        test.skipTest("the relay ends with the first process of this container, so each exit waits for it")


class Program:
    """A program under test; its output is read as it comes."""

    def __init__(self, arguments, env=None, traced=False, service=None, **popen):
        self.name = service or arguments[0]
        command, environment = command_of(arguments, env, traced, service)
        self.lines = []
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace", **popen)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self):
        return "\n".join(self.lines)

    @property
    def pid(self):
        return self.process.pid

    def wait_ready(self, port, path="/readyz"):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.output}")
            return answers(port, path)
        wait_until(ready, 15, f"{self.name} on port {port}")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        code = self.process.wait(timeout * SLOWNESS)
        self.reader.join()
        return code

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def _memory_bytes(self, key):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(f"no {key}")

    def rss_bytes(self):
        return self._memory_bytes("VmRSS")

    def peak_rss_bytes(self):
        return self._memory_bytes("VmHWM")

    def rss_by_kind(self):
        """Bytes of memory of its own, of files, and shared with others, as the relay's."""
        return [self._memory_bytes(key) for key in ("RssAnon", "RssFile", "RssShmem")]

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        """What each that is open leads to."""
        folder, links = f"/proc/{self.pid}/fd", []
        for fd in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # closed since
                links.append(os.readlink(f"{folder}/{fd}"))
        return links


# --- a backend, and the whole stack ----------------------------------------------------------------


class Backend:
    """traceview, or anything else with Jaeger's query API on its usual ports."""

    UI, OTLP, GRPC = 16686, 4318, 4317

    def __init__(self, program=None):
        """program: None for one that runs already."""
        self.program = program
        if program:
            program.wait_ready(self.UI, "/api/v3/services")

    def spans(self, trace):
        """The spans of a trace that have arrived."""
        answer = get(self.UI, f"/api/v3/traces/{trace}")
        return spans_of(json.loads(answer.body)["result"]["resourceSpans"]) if answer.status == 200 else []

    def trace(self, trace, n_spans, timeout=10):
        """The spans of a trace, once there are n_spans of them; more is an error."""
        found = []

        def complete():
            nonlocal found
            found = self.spans(trace)
            return len(found) >= n_spans

        try:
            wait_until(complete, timeout, f"trace {trace}")
        except AssertionError:
            raise AssertionError(f"trace {trace} has {[s.name for s in found]}, not {n_spans} spans") from None
        assert len(found) == n_spans, f"trace {trace} has {[s.name for s in found]}, not {n_spans} spans"
        return found

    def services(self):
        return sorted(json.loads(get(self.UI, "/api/v3/services").body).get("services") or [])

    def traces(self, service, limit=10000):
        """All traces of a service, each a list of Span; for a backend that has found them already."""
        path = (f"/api/v3/traces?query.service_name={service}&query.start_time_min=2020-01-01T00:00:00Z"
                f"&query.start_time_max=2100-01-01T00:00:00Z&query.num_traces={limit}")
        answer = get(self.UI, path)
        if answer.status == 404:
            return []
        spans = spans_of(json.loads(answer.body)["result"]["resourceSpans"])
        by_trace = {}
        for span in spans:
            by_trace.setdefault(span.trace_id, []).append(span)
        return list(by_trace.values())


class StackTest(unittest.TestCase):
    """Starts what a test asks for, stops it all, and expects every program to end well."""

    GATEWAY, ORDER = 8000, 8001
    # The stack's own settings, as in the Makefile.
    TRACING = {"OTEL_BSP_SCHEDULE_DELAY": "200"}

    def setUp(self):
        self.programs = []
        end_relays()

    def tearDown(self):
        passed = self._outcome.success
        for program in reversed(self.programs):
            code = program.stop()
            with self.subTest(program=program.name):
                self.assertEqual(code, 0, program.output)
                self.assertNotIn("Sanitizer", program.output)
        if not passed:
            for program in self.programs:
                print(f"# output of {program.name}:\n# " + program.output.replace("\n", "\n# "))

    def start(self, arguments, **options):
        program = Program(arguments, **options)
        self.programs.append(program)
        return program

    def serve_raw(self, port, reply):
        server = RawServer(port, reply)
        self.addCleanup(server.stop)
        return server

    def forget(self, program):
        """For a program that has ended as the test wanted it to."""
        self.programs.remove(program)

    def start_backend(self):
        self.backend = Backend(self.start(["traceview", "serve"]))
        return self.backend

    def start_order(self, program="order-service-custom", traced=True, env=None, options=()):
        env = {**self.TRACING, "PORT": str(self.ORDER), "OTEL_SERVICE_NAME": "order-service", **(env or {})}
        self.order = self.start([program, *options], env=env, traced=traced, service="order-service")
        self.order.wait_ready(self.ORDER)
        return self.order

    def start_gateway(self, program="api-gateway", traced=True, env=None, options=()):
        env = {**self.TRACING, "PORT": str(self.GATEWAY), "OTEL_SERVICE_NAME": "api-gateway",
               "ORDER_SERVICE_URL": f"http://127.0.0.1:{self.ORDER}", **(env or {})}
        self.gateway = self.start([program, *options], env=env, traced=traced, service="api-gateway")
        self.gateway.wait_ready(self.GATEWAY)
        return self.gateway

    def switch_fault(self, port, name, size=None, base=""):
        """Of a program with --faults. size: None for the usual one. @return the size that it has now"""
        answer = request("PUT", port, f"{base}/faults/{name}", None if size is None else str(size))
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)["size"]


# --- running a test file -------------------------------------------------------------------------


def no_signal_ignored():
    """What nohup or a shell's background made this process ignore stays without effect here, but programs start with
    the usual action of it, which a handler is set back to by exec."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def main():
    no_signal_ignored()
    if not os.path.exists(os.path.join(BIN, "libtrace-instrument")):
        print(f"Bail out! no libtrace-instrument in LIBTRACE_BIN={BIN!r}: build and install first (make build)")
        sys.exit(1)
    enter_network()
    cases = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = run_tests(test for case in cases for test in case)
    n_reports = print_sanitizer_logs() if sanitizer_runtimes() else 0
    sys.exit(1 if result.n_bad or n_reports or not result.n else 0)


def run_case(case):
    """A file whose tests stand on each other, one after the other in this process."""
    sys.exit(1 if run_tests(unittest.defaultTestLoader.loadTestsFromTestCase(case)).n_bad else 0)


def run_tests(tests):
    """Runs them, by hand those that are named. @return the result"""
    result = TapResult()
    named = sys.argv[1:] or [""]
    unittest.TestSuite(test for test in tests if any(name in test.id() for name in named)).run(result)
    print(f"1..{result.n}")
    return result
