# SPDX-License-Identifier: Apache-2.0
"""What is exported with every feature is decoded by OpenTelemetry's own generated code, that for Python, field for field:
protobuf and JSON are the same message. get.sh brings it.
"""
import base64
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import features  # noqa: E402
import harness  # noqa: E402
from collector import Collector  # noqa: E402

SDKS = os.environ.get("LIBTRACE_SDKS", os.path.join(harness.SOURCE, "build/tests/sdks"))
FEATURES = os.environ["LIBTRACE_FEATURES"]
sys.path.insert(0, os.path.join(SDKS, "python"))
try:
    from google.protobuf import json_format, text_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
except ImportError:
    ExportTraceServiceRequest = None


def with_base64_ids(value):
    """OTLP/JSON as protobuf's own JSON, which has no hexadecimal ids."""
    if isinstance(value, list):
        return [with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: base64.b64encode(bytes.fromhex(field)).decode() if key in ("traceId", "spanId", "parentSpanId")
            else with_base64_ids(field) for key, field in value.items()}


def message_of(request):
    """The message of OTLP/JSON; an unknown field is an error."""
    return json_format.ParseDict(with_base64_ids(request), ExportTraceServiceRequest())


@unittest.skipUnless(ExportTraceServiceRequest,
                     f"no generated code for python under {SDKS}: tests/sdks/get.sh brings it")
class Wire(unittest.TestCase):
    maxDiff = None

    def sent(self, env):
        collector = Collector()
        self.addCleanup(collector.stop)
        finished = harness.run([FEATURES], env=env)
        self.assertEqual((finished.code, finished.err), (0, features.REPORTED))
        (sent,) = collector.sent
        return sent.body

    def check(self, message):
        """The text has every field that was decoded, unknown ones by their numbers."""
        self.assertEqual(*(text_format.MessageToString(m, print_unknown_fields=True)
                           for m in (message, message_of(features.REQUEST))))

    def test_protobuf_is_decoded_field_for_field(self):
        self.check(ExportTraceServiceRequest.FromString(self.sent({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"})))

    def test_json_is_the_same_message(self):
        self.check(message_of(json.loads(self.sent({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}))))

    def test_a_line_of_the_file_exporter_is_the_same_message(self):
        (line,) = subprocess.run([FEATURES], env={**os.environ, "OTEL_TRACES_EXPORTER": "otlp/stdout"}, timeout=30,
                                 capture_output=True, text=True, check=True).stdout.splitlines()
        self.check(message_of(json.loads(line)))


if __name__ == "__main__":
    harness.main()
