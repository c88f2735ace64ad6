# SPDX-License-Identifier: Apache-2.0
"""Requests that interleave on one thread each keep their own trace."""
import harness
from harness import CUSTOM_TREE, StackTest, at_once, get, one, trace_id, tree

N = 200


class Interleaved(StackTest):
    def test_200_checkouts_through_one_thread_give_200_separate_complete_traces(self):
        self.start_backend()
        self.start_order(env={"THREADS": "1", "CHECK_INVENTORY_MS": "100", "INSERT_ORDER_RECORD_MS": "200"})
        self.start_gateway(env={"THREADS": "1"})
        answers = at_once(N, lambda i: get(self.GATEWAY, f"/checkout?item=item-{i}&qty={i + 1}"))
        self.assertEqual([a.status for a in answers], [200] * N)
        traces = [trace_id(a) for a in answers]
        self.assertEqual(len(set(traces)), N)
        orders = []
        for i, trace in enumerate(traces):
            spans = self.backend.trace(trace, 5)
            self.assertEqual(tree(spans), CUSTOM_TREE)
            self.assertEqual({s.trace_id for s in spans}, {trace})
            self.assertEqual(one(spans, "GET /checkout").attributes["url.query"], f"item=item-{i}&qty={i + 1}")
            self.assertEqual(one(spans, "check_inventory").attributes, {"item": f"item-{i}"})
            self.assertEqual(one(spans, "insert_order_record").attributes,
                             {"order.item": f"item-{i}", "order.qty": i + 1})
            orders.append(one(spans, "POST /orders"))
        # They did interleave: at some moment most of them were under way.
        moment = max(s.start_ns for s in orders[:N // 2])
        self.assertGreater(sum(s.start_ns <= moment < s.end_ns for s in orders), N // 4)
        self.assertEqual(len(self.backend.traces("api-gateway")), N)


if __name__ == "__main__":
    harness.main()
