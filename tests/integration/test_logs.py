# SPDX-License-Identifier: Apache-2.0
"""Log lines name the span they were written in: which message belongs to which span, in both formats."""
import json
import re

import harness
from harness import StackTest, at_once, get, one, post_json, trace_id, wait_until

SPAN_OF = {"order received": "POST /orders", "inventory checked": "check_inventory",
           "order record inserted": "insert_order_record"}
TEXT = re.compile(r"^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<level>\w+) order-service-custom: "
                  r"(?P<message>[^=]*?)(?P<fields>(?: \w+=(?:\"(?:[^\"\\]|\\.)*\"|\S+))*)$")
N = 20


def parse_text(line):
    found = TEXT.match(line)
    assert found, line
    fields = dict(field.split("=", 1) for field in re.findall(r" (\w+=(?:\"(?:[^\"\\]|\\.)*\"|\S+))", found["fields"]))
    fields = {key: json.loads(value) if value.startswith('"') else value for key, value in fields.items()}
    return {"message": found["message"], "level": found["level"], **fields}


class Logs(StackTest):
    def lines_of(self, parse, n):
        """The log lines that are about orders, parsed, once there are n of them."""
        def lines():
            return [line for line in self.order.lines if any(message in line for message in SPAN_OF)]
        wait_until(lambda: len(lines()) >= n, what=f"{n} lines about orders")
        return [parse(line) for line in lines()]

    def check(self, parse, env):
        self.start_backend()
        self.start_order(env={"CHECK_INVENTORY_MS": "20", "INSERT_ORDER_RECORD_MS": "30", "THREADS": "1", **env})
        self.start_gateway()
        answers = at_once(N, lambda i: get(self.GATEWAY, f"/checkout?item=item-{i}"))
        lines = self.lines_of(parse, 3 * N)
        self.assertEqual(len(lines), 3 * N)
        for i, answer in enumerate(answers):
            spans = self.backend.trace(trace_id(answer), 5)
            mine = [line for line in lines if line["trace_id"] == trace_id(answer)]
            self.assertEqual([line["message"] for line in mine], list(SPAN_OF))
            for line in mine:
                self.assertEqual(line["item"], f"item-{i}")
                self.assertEqual(line["span_id"], one(spans, SPAN_OF[line["message"]]).id)
                self.assertEqual(line["trace_flags"], answer.headers["traceresponse"][-2:])

    def test_text_lines_carry_the_ids_of_the_span_they_were_written_in(self):
        self.check(parse_text, {})

    def test_json_lines_carry_the_ids_of_the_span_they_were_written_in(self):
        self.check(json.loads, {"LOG_FORMAT": "json"})

    def test_env_prod_means_json(self):
        self.check(json.loads, {"ENV": "PROD"})

    def test_every_json_line_is_json_with_the_usual_fields(self):
        self.start_order(env={"LOG_FORMAT": "json", "CHECK_INVENTORY_MS": "0", "INSERT_ORDER_RECORD_MS": "0",
                              "OTEL_TRACES_EXPORTER": "none"})
        get(self.ORDER, "/readyz")
        self.assertEqual(self.order.stop(), 0)
        for line in self.order.lines:
            self.assertLessEqual({"time", "level", "service", "message"}, json.loads(line).keys(), line)

    def test_an_item_cannot_forge_a_line_or_a_field(self):
        item = 'a\n2026-01-01T00:00:00.000Z info order-service-custom: forged trace_id=0 "quoted" \\'
        for env, parse in (({}, parse_text), ({"LOG_FORMAT": "json"}, json.loads)):
            with self.subTest(env=env):
                self.start_order(traced=False, env={"CHECK_INVENTORY_MS": "0", "INSERT_ORDER_RECORD_MS": "0", **env})
                self.assertEqual(self.post(item).status, 200)
                lines = self.lines_of(parse, 3)
                self.assertEqual([line["item"] for line in lines], [item] * 3)
                self.assertEqual(len([line for line in self.order.lines if line.startswith("2026-01-01")]), 0)
                self.assertEqual(self.order.stop(), 0)

    def post(self, item):
        return post_json(self.ORDER, "/orders", {"item": item, "qty": 1})

    def test_without_the_launcher_lines_have_no_ids_at_all(self):
        for env in ({}, {"LOG_FORMAT": "json"}):
            with self.subTest(env=env):
                self.start_order(traced=False, env={"CHECK_INVENTORY_MS": "0", "INSERT_ORDER_RECORD_MS": "0", **env})
                self.assertEqual(self.post("a").status, 200)
                self.assertEqual(self.order.stop(), 0)
                for word in ("trace_id", "span_id", "trace_flags"):
                    self.assertNotIn(word, self.order.output)


if __name__ == "__main__":
    harness.main()
