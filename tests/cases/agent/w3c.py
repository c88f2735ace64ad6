# SPDX-License-Identifier: Apache-2.0
"""Headers of callers that are right, though not as most write them, on their way through a server to the next one."""
import os
import re

import harness
from harness import StackTest, get, http_bytes

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Headers(StackTest):
    def passed_on(self, headers):
        """traceparent's trace and tracestate as the server behind the server gets them."""
        upstream = self.serve_raw(8003, http_bytes(200, b"body"))
        self.start([os.environ["LIBTRACE_H2O_HOST"], "8002", "http://127.0.0.1:8003/"], env=self.TRACING, traced=True,
                   service="h2o_host").wait_ready(8002, "/hello")
        self.assertEqual(get(8002, "/upstream", headers=headers).status, 200)
        (request,) = upstream.requests
        fields = dict(re.findall(r"(?i)\r\n(traceparent|tracestate): ([^\r]*)", request.decode()))
        return fields["traceparent"].split("-")[1], fields.get("tracestate")

    def test_blanks_round_the_values_are_no_part_of_them(self):
        self.assertEqual(self.passed_on({"traceparent": f"{TRACEPARENT} \t ", "tracestate": "foo=1 \t , bar=2\t"}),
                         (TRACE, "foo=1,bar=2"))

    def test_a_key_that_comes_twice_does_not_cost_the_others(self):
        self.assertEqual(self.passed_on({"traceparent": TRACEPARENT, "tracestate": "foo=1,bar=2,foo=3"}),
                         (TRACE, "foo=1,bar=2"))


if __name__ == "__main__":
    harness.main()
