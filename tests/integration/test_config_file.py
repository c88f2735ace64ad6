# SPDX-License-Identifier: Apache-2.0
"""OTEL_CONFIG_FILE: what a file says is what is sent, as by the variables; and what is wrong with one is reported."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

import harness
from collector import OK, Collector

EMIT = os.environ.get("LIBTRACE_EMIT", "")
LIB = os.environ.get("LIBTRACE_LIB") or os.path.join(os.path.dirname(harness.BIN), "lib")
DATA = os.path.join(harness.SOURCE, "tests/data/config_file")
HEAD = 'file_format: "1.1"\n'
# As OTEL_EXPORTER_OTLP_PROTOCOL=http/json, which is easily compared.
JSON = ("otlp_http:\n", "otlp_http:\n            encoding: json\n")


@unittest.skipUnless(os.path.exists(os.path.join(LIB, "libtrace-c-config.so"))
                     and os.environ.get("LIBTRACE_HAS_YAML", "true") == "true", "this build has no libyaml")
class ConfigFile(unittest.TestCase):
    def collect(self, *arguments, **options):
        collector = Collector(*arguments, **options)
        self.addCleanup(collector.stop)
        return collector

    def file(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "otel.yaml")
        with open(path, "w") as file:
            file.write(text)
        return {"OTEL_CONFIG_FILE": path}

    def template(self, name, *changes):
        with open(os.path.join(DATA, name)) as file:
            text = file.read()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return self.file(text)

    def emit(self, env, *arguments):
        finished = harness.run([EMIT, "--from-env", *map(str, arguments)], env=env)
        self.assertEqual(finished.code, 0, finished)
        self.assertNotIn("Sanitizer", finished.err)
        return finished

    def sent(self, env):
        """Path and headers of the only request and what is reported; its message without what differs each time."""
        collector = self.collect()
        finished = self.emit(env, 3)
        collector.stop()
        (sent,) = collector.sent
        message = json.loads(sent.body)
        for span in message["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            for name in ("traceId", "spanId", "startTimeUnixNano", "endTimeUnixNano"):
                del span[name]
        resource = message["resourceSpans"][0]["resource"]["attributes"]
        resource[:] = sorted((each for each in resource if each["key"] not in ("service.instance.id", "process.pid")),
                             key=lambda each: each["key"])
        headers = {name: value for name, value in sent.headers.items() if name not in ("content-length", "date")}
        return (sent.path, headers, finished.err), message


class SameAsVariables(ConfigFile):
    def test_the_file_to_start_with_gives_the_spans_of_the_variables(self):
        env = {"OTEL_SERVICE_NAME": "shop", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=a%2Cb",
               "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
        by_variables = self.sent({**env, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})
        by_file = self.sent({**env, **self.template("getting-started.yaml", JSON)})
        self.assertEqual(by_file, by_variables)
        self.assertIn('"shop"', json.dumps(by_file))

    def test_the_file_to_move_to_gives_the_spans_of_the_variables(self):
        env = {"OTEL_SERVICE_NAME": "shop", "OTEL_RESOURCE_ATTRIBUTES": "k=v", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2",
               "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=a%20b",
               "OTEL_ATTRIBUTE_COUNT_LIMIT": "5", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "0",
               "OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_C_RESOURCE_DETECTORS": "none"}
        file = self.template("migration.yaml", JSON)
        del env["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"]
        by_variables = self.sent({**env, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})
        by_file = self.sent({**env, **file})
        self.assertEqual(by_file, by_variables)
        self.assertEqual(by_file[0][1]["api-key"], "a b")
        self.assertIn("droppedAttributesCount", json.dumps(by_file[1]))

        collector = self.collect()
        self.emit({**env, **file, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2"}, 5)
        self.assertLessEqual(max(len(sent.names) for sent in collector.sent), 2)
        collector.sent.clear()
        self.emit({**env, **file, "OTEL_SDK_DISABLED": "true"}, 5)
        self.assertEqual(collector.sent, [])

    def test_a_variable_that_the_file_does_not_name_changes_nothing(self):
        env = {"OTEL_TRACES_EXPORTER": "none", "OTEL_TRACES_SAMPLER": "always_off", "OTEL_SDK_DISABLED": "true",
               "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/", "OTEL_LOG_LEVEL": "loud"}
        self.assertEqual(self.sent({**env, **self.template("getting-started.yaml", JSON)})[0][0], "/v1/traces")


class Parts(ConfigFile):
    def test_several_processors_each_get_every_span(self):
        collector = self.collect()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "spans.jsonl")
        finished = self.emit(self.file(HEAD + f"""
tracer_provider:
  processors:
    - batch: {{exporter: {{otlp_http: }}}}
    - simple: {{exporter: {{console: }}}}
    - batch: {{exporter: {{otlp_file/development: {{output_stream: "file://{path}"}}}}}}
"""), 3)
        self.assertEqual([name for sent in collector.sent for name in sent.names], ["span 0", "span 1", "span 2"])
        self.assertEqual(finished.err.count("INTERNAL"), 3)
        with open(path) as file:
            self.assertEqual(file.read().count('"name":"span '), 3)

    def test_a_request_is_no_larger_than_its_limit_and_nothing_is_lost(self):
        for encoding in ("protobuf", "json"):
            with self.subTest(encoding=encoding):
                collector = self.collect()
                self.emit(self.file(HEAD + f"""
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http: {{max_request_size: 3000, encoding: {encoding}}}
"""), 100)
                collector.stop()
                self.assertLessEqual(max(len(sent.body) for sent in collector.sent), 3000)
                self.assertGreater(len(collector.sent), 2)
                self.assertEqual([name for sent in collector.sent for name in sent.names],
                                 [f"span {i}" for i in range(100)])

    def test_of_a_response_no_more_than_its_limit_is_read(self):
        body = b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"' + b"x" * 1000 + b'"}}'
        for limit, is_read in ((500, False), (5000, True)):
            with self.subTest(limit=limit):
                collector = self.collect(lambda n, sent: OK._replace(body=body))
                finished = self.emit(self.file(HEAD + f"""
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http: {{max_response_size: {limit}, encoding: json}}
"""), 5)
                collector.stop()
                self.assertEqual("rejected 3 spans" in finished.err, is_read)

    def test_the_agent_takes_exporter_headers_and_propagators_from_it(self):
        collector = self.collect()
        server = harness.RawServer(8000, harness.http_bytes(200))
        self.addCleanup(server.stop)
        env = self.file(HEAD + """
resource: {attributes: [{name: service.name, value: curl}]}
propagator: {composite: [b3: ]}
tracer_provider:
  processors: [batch: {exporter: {otlp_http: {headers: [{name: X-Tenant, value: blue}], headers_list: "x-tenant=red"}}}]
""")
        done = harness.run(["curl", "-s", "http://127.0.0.1:8000/"], env=env, traced=True)
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertRegex(server.requests[0], rb"\r\nb3: [0-9a-f]{32}-[0-9a-f]{16}-1")
        self.assertNotIn(b"traceparent", server.requests[0])
        self.assertEqual((collector.sent[0].names, collector.sent[0].headers["x-tenant"]), (["GET"], "blue"))


class Wrong(ConfigFile):
    def test_a_file_that_cannot_be_used_is_reported_and_the_program_runs_untraced(self):
        collector = self.collect()
        server = harness.RawServer(8000, harness.http_bytes(200))
        self.addCleanup(server.stop)
        for text, words in ((None, "No such file or directory"), ("a: [", "line 2"), ("a: b", "file_format"),
                            (HEAD + "tracer_provider: {processors: [batch: {exporter: {zipkin: }}]}", "zipkin")):
            with self.subTest(text=text):
                env = self.file(text or "")
                if text is None:
                    os.unlink(env["OTEL_CONFIG_FILE"])
                done = harness.run(["curl", "-s", "http://127.0.0.1:8000/"], env=env, traced=True)
                self.assertEqual(done.code, 0)
                self.assertEqual(len(done.err.splitlines()), 1)
                for word in (words, env["OTEL_CONFIG_FILE"], "nothing is traced"):
                    self.assertIn(word, done.err)
                self.assertNotIn(b"traceparent", server.requests[-1])
        self.assertEqual(collector.sent, [])

    def test_an_unknown_key_is_reported_and_the_rest_holds(self):
        collector = self.collect()
        finished = self.emit(self.template("getting-started.yaml", ("tracer_provider:\n", "tracer_provider:\n  wrong: 1\n")), 1)
        self.assertRegex(finished.err, r"line 15: wrong is not known here; left out\n$")
        self.assertEqual(len(collector.sent), 1)

    def test_the_doctor_tells_what_the_file_makes_of_the_settings(self):
        self.collect()
        env = {**self.template("getting-started.yaml"), "OTEL_TRACES_SAMPLER": "always_off", "OTEL_SERVICE_NAME": "shop"}
        done = harness.run(["libtrace-instrument", "--doctor", "curl"], env=env)
        self.assertIn("OTEL_TRACES_SAMPLER: ignored, but for ${OTEL_TRACES_SAMPLER} in OTEL_CONFIG_FILE", done.out)
        self.assertRegex(done.out, r"(?m)^service +shop$")
        self.assertRegex(done.out, r"(?m)^answer +yes: takes spans$")
        self.assertEqual(done.code, 0)
        done = harness.run(["libtrace-instrument", "--doctor", "curl"], env=self.file("file_format: 2"))
        self.assertRegex(done.out, r'(?m)^warning +.*file_format "2" is none of 1\.x')
        self.assertRegex(done.out, r"(?m)^export +no: OTEL_CONFIG_FILE cannot be used$")
        self.assertEqual(done.code, 1)


@unittest.skipIf(harness.SANITIZED, "a sanitizer's runtime must come before Python")
class Loaded(ConfigFile):
    PROGRAM = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
provider = ctypes.c_void_p()
print(library.lt_provider_new(None, ctypes.byref(provider)))
print(open("/proc/self/maps").read())
"""

    def libraries(self, env):
        done = subprocess.run([sys.executable, "-c", self.PROGRAM, os.path.join(LIB, "libtrace-c.so.0")],
                              env={**os.environ, **env}, capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split("\n")[0], "0", done.stderr)
        return {word for word in ("libtrace-c-config.so", "libyaml", "libcurl", "libjansson") if word in done.stdout}

    def test_only_a_program_with_a_file_loads_its_reader_and_none_keeps_libyaml(self):
        self.assertEqual(self.libraries({}), set())
        self.assertEqual(self.libraries(self.template("getting-started.yaml")), {"libtrace-c-config.so"})


if __name__ == "__main__":
    harness.main()
