# SPDX-License-Identifier: Apache-2.0
"""The services' limits, by processes that have them: 503 in time, and who does not read is closed."""
import json
import os
import re
import resource
import selectors
import shutil
import subprocess
import tempfile
import time
import unittest

import harness
from harness import StackTest, at_once, get, post_json, wait_until
from raw_client import CHECKOUT, HEALTH, connect


def limited(**limits):
    """A preexec_fn: NOFILE=64 and the like."""
    def set_limits():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
    return set_limits


class LimitedTest(StackTest):
    def start_limited_gateway(self, preexec=None, env=None, traced=False):
        # Without the limit of time: beside other tests the machine's own waits would count.
        env = {"PORT": str(self.GATEWAY), "ORDER_SERVICE_URL": f"http://127.0.0.1:{self.ORDER}", "LAG_MAX_MS": "0",
               **self.TRACING, **(env or {})}
        self.gateway = self.start(["api-gateway"], env=env, traced=traced, service="api-gateway", preexec_fn=preexec)
        return self.gateway.wait_ready(self.GATEWAY)

    def start_slow_order(self, ms):
        return self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": str(ms), "THREADS": "1"})

    def has_call(self):
        """Whether the gateway has called the order service: it has a connection to it."""
        with open("/proc/self/net/tcp") as table:
            rows = [line.split()[2:4] for line in table.readlines()[1:]]
        return any(remote.endswith(f":{self.ORDER:04X}") and state == "01" for remote, state in rows)

    def counted(self, program, message):
        """What the program's log lines about a limit add up to."""
        return sum(int(line.split("times=")[1].split()[0]) for line in program.lines if message in line)

    def statuses(self, n, path="/checkout"):
        answers = at_once(n, lambda _: get(self.GATEWAY, path, timeout=30))
        for answer in answers:
            if answer.status == 503:
                self.assertEqual(answer.headers["retry-after"], "1")
                self.assertEqual(json.loads(answer.body)["error"], "overloaded")
        return [answer.status for answer in answers]


class Limits(LimitedTest):
    def test_beyond_requests_max_a_request_is_503_at_once_with_retry_after(self):
        self.start_slow_order(1000)
        self.start_limited_gateway(env={"THREADS": "1", "REQUESTS_MAX": "10"})
        began = time.monotonic()
        statuses = self.statuses(50)
        self.assertEqual(statuses.count(200), 10)
        self.assertEqual(statuses.count(503), 40)
        self.assertLess(time.monotonic() - began, 5 * harness.SLOWNESS)
        wait_until(lambda: self.counted(self.gateway, "REQUESTS_MAX are in flight") == 40, what="a line in the log")
        self.assertEqual(get(self.GATEWAY, "/checkout").status, 200)

    def test_health_checks_are_answered_beyond_requests_max(self):
        self.start_slow_order(1000)
        self.start_limited_gateway(env={"THREADS": "1", "REQUESTS_MAX": "1"})
        with connect(self.GATEWAY) as busy:
            busy.sendall(CHECKOUT)
            wait_until(self.has_call, what="a request in flight")
            self.assertEqual(get(self.GATEWAY, "/healthz").status, 200)
            self.assertEqual(get(self.GATEWAY, "/readyz").status, 200)
            self.assertIn(b" 200 OK", busy.recv(65536))

    def test_with_64_descriptors_every_answer_is_200_or_503_and_none_blames_the_order_service(self):
        self.start_slow_order(50)
        self.start_limited_gateway(limited(NOFILE=64), traced=True)
        statuses = self.statuses(200)
        self.assertEqual(set(statuses) - {200, 503}, set(), statuses)
        self.assertGreater(statuses.count(200), 0)
        self.assertNotIn("cannot accept", self.gateway.output)
        self.assertNotIn("unreachable", self.gateway.output)

    @unittest.skipIf(harness.SANITIZED, "sanitizers take the address space for themselves")
    def test_with_little_address_space_it_answers_503_and_goes_on(self):
        self.start_slow_order(1000)
        # What the agent and its thread need is measured first, as it is another on every machine.
        self.start_limited_gateway(env={"THREADS": "1"})
        space = self.gateway._memory_bytes("VmPeak")
        self.gateway.stop()
        self.forget(self.gateway)
        self.start_limited_gateway(limited(AS=space + 10 * 2**20), env={"THREADS": "1"})
        statuses = self.statuses(400)
        self.assertEqual(set(statuses) - {200, 503}, set())
        self.assertGreater(statuses.count(200), 0)
        self.assertGreater(statuses.count(503), 0)
        self.assertEqual(get(self.GATEWAY, "/checkout").status, 200)

    def test_a_shed_request_has_a_short_span_that_says_503(self):
        self.start_backend()
        self.start_slow_order(1000)
        self.start_limited_gateway(env={"THREADS": "1", "REQUESTS_MAX": "1"}, traced=True)
        trace = "0af7651916cd43dd8448eb211c80319c"
        with connect(self.GATEWAY) as busy:
            busy.sendall(CHECKOUT)
            wait_until(self.has_call, what="a request in flight")
            answer = get(self.GATEWAY, "/checkout", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
            self.assertEqual(answer.status, 503)
            busy.recv(65536)
        span = self.backend.trace(trace, 1)[0]
        self.assertEqual(span.attributes["http.response.status_code"], 503)
        self.assertEqual(span.attributes["error.type"], "503")
        self.assertLess(span.end_ns - span.start_ns, 200e6 * harness.SLOWNESS)

    def test_idle_connections_make_room_for_new_ones(self):
        self.start_limited_gateway(env={"THREADS": "1", "CONNECTIONS_MAX": "8"})
        idle = [connect(self.GATEWAY) for _ in range(8)]
        self.assertEqual(get(self.GATEWAY, "/healthz", timeout=8).status, 200)
        wait_until(lambda: self.counted(self.gateway, "idle connections closed"), 15, "a line in the log")
        for s in idle:
            s.close()


class Groups(LimitedTest):
    """REQUESTS_MAX by the memory limit of a cgroup: three quarters of what it leaves, 48 KiB a request."""
    REQUEST_BYTES = 48 * 1024

    def requests_max(self, preexec):
        self.start_limited_gateway(preexec, env={"THREADS": "1"})
        return int(re.search(r"requests_max=(\d+)", self.gateway.output)[1])

    def test_by_files_of_cgroup_v2(self):
        """A folder in the place of the group's, in a mount namespace: this needs no v2, and no group."""
        with open("/proc/self/cgroup") as file:
            if "0::/\n" not in file.readlines():
                self.skipTest("this process is not in the root of a cgroup v2")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        for name, number in (("memory.max", 100 * 2**20), ("memory.current", 40 * 2**20)):
            with open(os.path.join(folder, name), "w") as file:
                file.write(f"{number}\n")
        try:
            n = self.requests_max(lambda: harness.mount_for_itself(folder, "/sys/fs/cgroup", flags=harness.MS_BIND))
        except subprocess.SubprocessError:
            self.skipTest("may not mount")
        self.assertEqual(n, 60 * 2**20 // 4 * 3 // self.REQUEST_BYTES)

    def own_group(self, limit_bytes):
        """A group of cgroup v1 below this process's."""
        with open("/proc/self/cgroup") as file:
            found = re.search(r"^\d+:memory:(.*)$", file.read(), re.M)
        if not found:
            self.skipTest("no cgroup v1 with memory")
        folder = f"/sys/fs/cgroup/memory{found[1]}/tracing-test-{os.getpid()}"
        try:
            os.mkdir(folder)
            self.addCleanup(os.rmdir, folder)
            with open(os.path.join(folder, "memory.limit_in_bytes"), "w") as file:
                file.write(str(limit_bytes))
        except OSError as error:
            self.skipTest(f"may not make a cgroup: {error.strerror}")
        return folder

    @unittest.skipIf(harness.SANITIZED, "sanitizers take more memory than the group has")
    def test_by_the_limit_of_cgroup_v1_which_a_rush_then_does_not_reach(self):
        limit = 48 * 2**20
        folder = self.own_group(limit)

        def enter():
            with open(os.path.join(folder, "cgroup.procs"), "w") as file:
                file.write(str(os.getpid()))

        def number(name):
            with open(os.path.join(folder, name)) as file:
                return int(file.read())
        self.start_slow_order(500)
        n = self.requests_max(enter)
        self.assertLess(n, limit // 4 * 3 // self.REQUEST_BYTES)
        self.assertGreater(n, limit // 2 // self.REQUEST_BYTES)
        clients = [connect(self.GATEWAY) for _ in range(n + 200)]
        try:
            for s in clients:
                s.sendall(CHECKOUT)
            statuses = [s.recv(65536).split()[1] for s in clients]
            self.assertEqual(set(statuses), {b"200", b"503"})
            self.assertEqual(statuses.count(b"503"), 200)
            harness.note(f"{n} requests in flight in a group of {limit / 2**20:.0f} MiB took "
                         f"{number('memory.max_usage_in_bytes') / 2**20:.0f} MiB")
            self.assertLess(number("memory.max_usage_in_bytes"), limit)
            self.assertEqual(number("memory.failcnt"), 0)
        finally:
            for s in clients:
                s.close()
            self.gateway.stop()
            self.forget(self.gateway)


class Unread(StackTest):
    def test_a_client_that_takes_no_answer_is_closed(self):
        """It fills the buffers with answers to a pipeline, and never reads."""
        self.start_gateway(traced=False, env={"THREADS": "1", "ANSWER_TIMEOUT_MS": "500"})
        with connect(self.GATEWAY) as s:
            s.setblocking(False)
            left = HEALTH * 100

            def is_closed():
                nonlocal left
                try:
                    left = left[s.send(left):] or HEALTH * 100
                except BlockingIOError:
                    pass
                except ConnectionError:
                    return True
                return False
            wait_until(is_closed, 15, "the connection's end")
        message = "the answer was not taken"
        wait_until(lambda: message in self.gateway.output, what=message)
        self.assertEqual(get(self.GATEWAY, "/healthz").status, 200)

    def test_260_of_them_stop_nobody_and_cost_little(self):
        self.start_gateway(traced=False, env={"THREADS": "1", "ANSWER_TIMEOUT_MS": "1000"})
        before = self.gateway.rss_bytes()
        clients = [connect(self.GATEWAY, receive_bytes=4096) for _ in range(260)]
        try:
            for s in clients:
                s.setblocking(False)
                try:
                    while True:
                        s.send(HEALTH * 1000)
                except OSError:
                    pass  # full, for now
            for _ in range(5):
                self.assertEqual(get(self.GATEWAY, "/healthz").status, 200)
            if not harness.SANITIZED:  # they keep what is freed
                self.assertLess(self.gateway.peak_rss_bytes() - before, 260 * 300 * 1024)
            wait_until(lambda: "the answer was not taken" in self.gateway.output, 20, "a line in the log")
            wait_until(lambda: len(self.gateway.descriptors()) < 60, 30,
                       "the end of their connections")
        finally:
            for s in clients:
                s.close()

    def test_a_slow_reader_gets_its_large_answer(self):
        """As long as it takes 64 KiB in each period, it may take longer than that for all."""
        self.start(["traceview", "serve"], env={"TRACEVIEW_ANSWER_TIMEOUT_MS": "1000",
                                                "TRACEVIEW_CLIENT_BUFFER_BYTES": "65536"})
        backend = harness.Backend()
        wait_until(lambda: harness.answers(backend.UI), what="traceview")
        attribute = {"key": "k", "value": {"stringValue": "x" * 2000000}}
        span = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "large",
                "startTimeUnixNano": str(time.time_ns()), "endTimeUnixNano": str(time.time_ns()), "attributes": [attribute]}
        sent = post_json(backend.OTLP, "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
        self.assertEqual(sent.status, 200, sent.body)
        with connect(backend.UI, receive_bytes=65536) as s:
            s.sendall(b"GET /api/v3/traces/0af7651916cd43dd8448eb211c80319c HTTP/1.1\r\nHost: localhost\r\n"
                      b"Connection: close\r\n\r\n")
            n, began = 0, time.monotonic()
            while True:
                data = s.recv(65536)
                if not data:
                    break
                n += len(data)
                time.sleep(max(0, began + n / 600e3 - time.monotonic()))  # 600 KB/s: the pace is what is tested
        self.assertGreater(n, 2000000)


class Uploads(LimitedTest):
    N, BYTES, BOUND = 300, 2**20, 8 * 2**20

    def upload(self, clients):
        """As much of each one's request as traceview takes, but not its end; returns those that are still open."""
        head = (b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % (self.BYTES + 1))
        left = {s: head + bytes(self.BYTES) for s in clients}
        with selectors.DefaultSelector() as selector:
            for s in clients:
                s.setblocking(False)
                selector.register(s, selectors.EVENT_WRITE)
            while selector.get_map():
                ready = selector.select(10 * harness.SLOWNESS)
                self.assertTrue(ready, "nothing is read any more")
                for key, _ in ready:
                    s = key.fileobj
                    try:
                        left[s] = left[s][s.send(left[s]):]
                    except BlockingIOError:
                        continue
                    except ConnectionError:
                        del left[s]
                    if not left.get(s):
                        selector.unregister(s)
        return list(left)

    @staticmethod
    def is_open(s):
        try:
            return bool(s.recv(1000)) and False
        except BlockingIOError:
            return True
        except ConnectionError:
            return False

    def test_unfinished_uploads_have_one_bound_which_may_be_set(self):
        self.start(["traceview", "serve"], env={"TRACEVIEW_UPLOADS_MAX_BYTES": str(self.BOUND)})
        traceview, backend = self.programs[-1], harness.Backend()
        wait_until(lambda: harness.answers(backend.UI), what="traceview")
        before = traceview.rss_bytes()
        clients = [connect(backend.OTLP) for _ in range(self.N)]
        try:
            sent = self.upload(clients)
            wait_until(lambda: sum(map(self.is_open, sent)) <= self.BOUND // self.BYTES, what="the end of the others")
            self.assertEqual(post_json(backend.OTLP, "/v1/traces", {"resourceSpans": []}).status, 200)
            grown = traceview.peak_rss_bytes() - before
            harness.note(f"{self.N} MiB of unfinished uploads took {grown / 2**20:.0f} MiB")
            if not harness.SANITIZED:
                # The bound, thrice as buffers are copied when they grow, and what one turn of the loop reads.
                self.assertLess(grown, 3 * self.BOUND + 2 * 256 * 256 * 1024)
            metrics = get(backend.UI, "/metrics").body.decode()
            refused = int(re.search(r"\ntraceview_http_uploads_refused_total (\d+)", metrics)[1])
            self.assertGreaterEqual(refused, self.N - self.BOUND // self.BYTES)
            message = "they exceed TRACEVIEW_UPLOADS_MAX_BYTES together"
            wait_until(lambda: self.counted(traceview, message) >= refused, 15, "lines in the log")
        finally:
            for s in clients:
                s.close()


if __name__ == "__main__":
    harness.main()
