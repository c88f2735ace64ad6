# SPDX-License-Identifier: Apache-2.0
"""The gateway at three times its capacity: by requests in flight, and by what its processor can take.

Every answer is 200 or 503, those that are served are served in time, memory stays bounded and goes back, and no
health check with a limit of 1 s has the pod restarted. LIBTRACE_THREE_TIMES_S: seconds of the load, 60 by hand.
"""
import json
import os
import subprocess
import threading
import unittest
from collections import namedtuple

import control_group
import harness
from harness import StackTest, get, wait_until

WARM_UP_S = 1  # thousands of connections begin at once
SECONDS = float(os.environ.get("LIBTRACE_THREE_TIMES_S", "20"))
SLOWED_TO = 1500  # requests a second, by a share of a processor, at the cost of one where there are few: it takes twice as many
CONNECTIONS = 6000  # that wait half a second for an answer ask for more than that
DESCRIPTORS = 14000  # of the client, and of the gateway: two a request
Answers = namedtuple("Answers", "requests sent answered busy failed seconds p50_ms p99_ms max_ms sent_p99_ms")


@unittest.skipIf(harness.SANITIZED, "measures time and memory")
class ThreeTimes(StackTest):
    def setUp(self):
        super().setUp()
        harness.allow_descriptors(self, DESCRIPTORS)

    def load(self, n_connections, per_second, seconds, warm_up=0):
        """per_second 0: each connection asks again at once. warm_up: seconds whose latencies do not count."""
        done = subprocess.run([os.environ["LIBTRACE_RATE"], str(self.GATEWAY), "/checkout", str(n_connections),
                               str(per_second), str(seconds), str(warm_up)], stdout=subprocess.PIPE, text=True, check=False)
        answers = Answers(**json.loads(done.stdout))
        harness.note(f"{n_connections} connections, {per_second:.0f} a second for {seconds:.0f} s: {answers}")
        self.assertEqual(answers.failed, 0)
        return answers

    def cost(self, per_second):
        """Seconds of the gateway's processor for a request at that rate."""
        before = self.gateway.cpu_seconds()
        answers = self.load(CONNECTIONS, per_second, 2)
        return (self.gateway.cpu_seconds() - before) / answers.requests

    def scheduled(self):
        """Seconds that the gateway's loop has run, and has waited for a processor."""
        with open(f"/proc/{self.gateway.pid}/schedstat") as file:
            return [int(number) / 1e9 for number in file.read().split()[:2]]

    def overload(self, n_connections, per_second, warm_up=0, throttled_seconds=lambda: 0):
        """The load, with what has to hold whatever it is; skips the test where others use the processors, and
        the client does not get all of its requests sent in time."""
        ran, waited = self.scheduled()
        waited -= throttled_seconds()
        answers, health = self.probed(lambda: self.load(n_connections, per_second, SECONDS, warm_up))
        ran, waited = (after - before for after, before in zip(self.scheduled(), (ran, waited)))
        waited -= throttled_seconds()
        harness.note(f"the gateway ran for {ran:.1f} s and waited for {waited:.1f} s")
        if waited > ran / 2:
            self.skipTest(f"others use the processors: the gateway ran for {ran:.1f} s and waited for {waited:.1f} s")
        # However many connections there are, a client cannot send them all in time where most are served.
        self.assertEqual(answers.answered + answers.busy, answers.sent)
        self.assertGreater(answers.busy, answers.sent / 20)
        self.assertGreaterEqual(len(health), SECONDS / 2)
        # One a second: those of the warm-up may fail, which restarts no pod.
        self.assertEqual(set(health[warm_up:]), {200}, health)
        return answers

    def probed(self, call):
        """Runs call() beside a health check a second, with a time limit of 1 s, as an orchestrator's probe."""
        health, stop = [], threading.Event()

        def probe():
            while not stop.wait(1):
                try:
                    health.append(get(self.GATEWAY, "/healthz", timeout=1).status)
                except OSError as error:
                    health.append(error)
        prober = threading.Thread(target=probe)
        prober.start()
        try:
            return call(), health
        finally:
            stop.set()
            prober.join()

    def check_memory(self, idle, most):
        self.assertLess(self.gateway.peak_rss_bytes(), most)
        wait_until(lambda: self.gateway.rss_bytes() < 1.2 * idle, 30, "memory as before")

    def test_three_times_as_many_clients_as_requests_max(self):
        n = 50
        self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": "20", "THREADS": "1"})
        self.start_gateway(traced=False, env={"THREADS": "1", "REQUESTS_MAX": str(n)})
        self.load(n, 0, 0.5)
        idle = self.gateway.rss_bytes()
        at_capacity = self.load(n, 0, 2)
        self.assertEqual(at_capacity.answered, at_capacity.requests)
        answers = self.overload(3 * n, 0)
        self.assertLess(answers.sent_p99_ms, 2 * at_capacity.sent_p99_ms)
        self.check_memory(idle, idle + 10 * 2**20)

    @unittest.skipUnless(control_group.is_allowed("cpu"), control_group.NEEDS)
    def test_three_times_as_many_requests_as_its_processor_can_take(self):
        """The services as they are by default, but for one thread each; an order takes half a second. The gateway has
        a share of a processor: with a whole one its client and the order service have too little of theirs."""
        self.start_order("order-service", traced=False, env={"THREADS": "1"})
        self.start_gateway(traced=False, env={"THREADS": "1"})
        self.load(500, 0, 1)  # more connections than that it keeps until they have idled
        idle = self.gateway.rss_bytes()
        share = SLOWED_TO * self.cost(1000)
        with control_group.processor(share, self.gateway.pid) as throttled_seconds:
            # The more requests a second the less one costs: what waits is handled together.
            capacity = share / self.cost(SLOWED_TO)
            capacity = share / self.cost(capacity)
            at_capacity = self.load(CONNECTIONS, capacity, 2)
            answers = self.overload(CONNECTIONS, 3 * capacity, WARM_UP_S, throttled_seconds)
            self.assertGreater(answers.answered, capacity * SECONDS / 4)
            self.assertLess(answers.sent_p99_ms, 2 * at_capacity.sent_p99_ms)
            wait_until(lambda: "they waited LAG_MAX_MS for their turn" in self.gateway.output, 15, "a line in the log")
            requests_max = int(self.gateway.output.split("requests_max=")[1].split()[0])
            self.check_memory(idle, idle + requests_max * 29 * 1024)


if __name__ == "__main__":
    harness.main()
