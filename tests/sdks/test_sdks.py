# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry's own SDKs, with the settings they have when nobody sets any, send to traceview, by gRPC and by HTTP.

Each program here makes the same trace; it is read back field by field. get.sh brings what they need.
"""
import json
import os
import re
import sys
import unittest
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402
from harness import Backend, StackTest, get, one, run  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SDKS = os.environ.get("LIBTRACE_SDKS", os.path.join(harness.SOURCE, "build/tests/sdks"))
START = 1_700_000_000_000_000_000
ATTRIBUTES = {"text": "v\u00e4lue", "empty": "", "yes": True, "int": -9007199254740991, "double": 0.5,
              "texts": ["a", "b"], "ints": [1, 2], "yeses": [True, False], "doubles": [0.5, 1.5]}

Sdk = namedtuple("Sdk", "needs command env protocols")  # needs: what get.sh leaves
PROGRAMS = {
    "python": Sdk("python/opentelemetry", [sys.executable, f"{HERE}/emit.py"],
                  {"PYTHONPATH": f"{SDKS}/python"}, ("grpc", "http")),
    "js": Sdk("js/node_modules", ["node", f"{SDKS}/js/emit.mjs"], {}, ("grpc", "http", "json")),
    # Go's exporters want TLS unless they are told otherwise, of any collector.
    "go": Sdk("go/emit", [f"{SDKS}/go/emit"], {"OTEL_EXPORTER_OTLP_INSECURE": "true"}, ("grpc", "http")),
    "java": Sdk("java/target/dependency", ["java", "-cp", f"{SDKS}/java/target/classes:{SDKS}/java/target/dependency/*",
                                           "Emit"], {}, ("grpc", "http")),
}


class Sdks(StackTest):
    def emit(self, language, protocol):
        """Runs a program of an SDK; returns its trace's spans and what it complained of."""
        sdk = PROGRAMS[language]
        if not os.path.exists(os.path.join(SDKS, sdk.needs)):
            self.skipTest(f"no SDK for {language}: tests/sdks/get.sh {os.path.relpath(SDKS)} {language} brings it")
        done = run([*sdk.command, protocol], env={**sdk.env, "OTEL_SERVICE_NAME": f"sdk {language}"}, timeout=60)
        self.assertEqual(done.code, 0, done)
        trace = re.search(r"^[0-9a-f]{32}$", done.out, re.M)[0]
        self.check(self.backend.trace(trace, 2), language)
        self.check_schema(trace)
        return done.err

    def check(self, spans, language):
        parent, child = one(spans, "p\u00e4rent"), one(spans, "child")
        self.assertEqual(parent.attributes, ATTRIBUTES)
        self.assertEqual([type(v) for v in parent.attributes.values()], [type(v) for v in ATTRIBUTES.values()])
        self.assertEqual((parent.kind, parent.parent, parent.status), ("SERVER", "", 0))
        self.assertEqual((parent.start_ns, parent.end_ns), (START, START + 3_000_000))
        (link,) = parent.links
        self.assertEqual((link["traceId"], link["spanId"]), ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"))
        self.assertEqual(link["attributes"], [{"key": "l", "value": {"stringValue": "m"}}])
        self.assertEqual((child.kind, child.parent, child.status, child.message),
                         ("CLIENT", parent.id, 2, "it broke"))
        self.assertEqual((child.start_ns, child.end_ns), (START + 1_000_000, START + 2_000_000))
        (event,) = child.events
        self.assertEqual((event["name"], int(event["timeUnixNano"])), ("an event", START + 1_500_000))
        self.assertEqual(event["attributes"], [{"key": "e", "value": {"stringValue": "f"}}])
        for span in spans:
            self.assertEqual(span.service, f"sdk {language}")
            self.assertIn(span.resource["telemetry.sdk.language"], (language, {"js": "nodejs"}.get(language)))
            self.assertEqual((span.scope["name"], span.scope["version"]), ("sdk test", "1.2.3"))

    def check_schema(self, trace):
        (group,) = json.loads(get(Backend.UI, f"/api/v3/traces/{trace}").body)["result"]["resourceSpans"]
        self.assertEqual({s["schemaUrl"] for s in group["scopeSpans"]}, {"https://opentelemetry.io/schemas/1.30.0"})

    def setUp(self):
        super().setUp()
        self.start_backend()


def add_test(language, protocol):
    def test(self):
        self.assertEqual(self.emit(language, protocol), "")  # no warning, no retry
    if protocol == "grpc":
        test = unittest.skipUnless(harness.HAS_GRPC, "this build of traceview has no gRPC")(test)
    setattr(Sdks, f"test_the_sdk_for_{language}_by_{protocol}_is_read_back_field_by_field", test)


for name in PROGRAMS:
    for way in PROGRAMS[name].protocols:
        add_test(name, way)

if __name__ == "__main__":
    harness.main()
