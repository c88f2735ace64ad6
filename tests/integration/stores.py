# SPDX-License-Identifier: Apache-2.0
"""What tests of the order service's stores share, whatever the database."""
import json
import signal
import threading

import harness
from harness import StackTest, post_json, wait_until

WAIT_S = 60
ORDER = {"item": "widget", "qty": 2}


class OrdersTest(StackTest):
    """Those of a database have start_store(), rows() (what is stored, by id) and locked(), a context in which no insert ends."""

    def order_by(self, key=None, order=None, port=None):
        headers = {"Idempotency-Key": key} if key else {}
        return post_json(port or self.ORDER, "/orders", order or ORDER, headers, timeout=2 * WAIT_S)

    def id_of(self, answer):
        self.assertEqual(answer.status, 200, answer)
        order = json.loads(answer.body)
        self.assertEqual(order["status"], "created")
        return order["order_id"]

    def assert_refused(self, answer, code="store_unavailable"):
        self.assertEqual((answer.status, json.loads(answer.body)["error"]), (503, code), answer)
        self.assertEqual(answer.headers["retry-after"], "1")

    def check_sigterm_waits(self, until_they_wait):
        """For five inserts in flight. until_they_wait: returns once they wait for the lock."""
        with self.locked():
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(self.order_by())) for _ in range(5)]
            for thread in threads:
                thread.start()
            until_they_wait()
            self.order.signal(signal.SIGTERM)
            wait_until(lambda: not harness.answers(self.ORDER), WAIT_S, "it drains")
            self.assertEqual(answers, [])
        for thread in threads:
            thread.join()
        self.assertEqual(self.order.wait(WAIT_S), 0, self.order.output)
        self.assertEqual(sorted(map(self.id_of, answers)), sorted(self.rows()))
