# SPDX-License-Identifier: Apache-2.0
"""check-cluster.sh without a cluster: two servers that answer as an empty Kubernetes API would."""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))

import harness  # noqa: E402

ANSWERS = {
    "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.2"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "namespaces", "singularName": "namespace", "namespaced": False, "kind": "Namespace",
         "verbs": ["delete", "get"]}]},
}
NOTHING = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


class Api(http.server.ThreadingHTTPServer):
    """Remembers what was requested."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def cluster(self):
        return {"server": f"http://127.0.0.1:{self.server_port}"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        self.server.requests.append((self.command, path))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps(ANSWERS.get(path, NOTHING)).encode()
        self.send_response(200 if path in ANSWERS else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_DELETE = do_PATCH = do_POST = do_GET

    def log_message(self, *arguments):
        pass


@unittest.skipIf(shutil.which("kubectl") is None, "no kubectl")
class CheckCluster(unittest.TestCase):
    def test_the_context_is_the_same_from_the_first_call_to_the_last(self):
        """Somebody makes another one the current one, while the images are loaded."""
        first, other = Api(), Api()
        with tempfile.TemporaryDirectory() as folder:
            config, switch = os.path.join(folder, "config"), os.path.join(folder, "switch")
            servers = {"first": first, "other": other}
            with open(config, "w", encoding="utf-8") as file:
                json.dump({
                    "apiVersion": "v1", "kind": "Config", "current-context": "first", "users": [{"name": "me", "user": {}}],
                    "clusters": [{"name": name, "cluster": api.cluster()} for name, api in servers.items()],
                    "contexts": [{"name": name, "context": {"cluster": name, "user": "me"}} for name in servers]}, file)
            with open(switch, "w", encoding="utf-8") as file:
                file.write(f'''#!/bin/sh\nsed -i 's/"current-context": "first"/"current-context": "other"/' {config}\n''')
            os.chmod(switch, 0o700)
            done = subprocess.run(
                [os.path.join(HERE, "check-cluster.sh")], capture_output=True, text=True, timeout=50 * harness.SLOWNESS,
                env={**os.environ, "HOME": folder, "KUBECTL": "kubectl", "KUBECONFIG": config, "LOAD_IMAGES": switch,
                     "IMAGES": config, "CLUSTER_TESTS": "test_11"})
            with open(config, encoding="utf-8") as file:
                self.assertEqual(json.load(file)["current-context"], "other", done.stderr)
        self.assertIn("0 passed, 1 failed", done.stdout)  # nothing is deployed there
        namespace = [path for _, path in first.requests].count("/api/v1/namespaces/tracing-demo")
        self.assertGreaterEqual(namespace, 2)  # whether it is there, at the start, and its removal, at the end
        self.assertEqual(other.requests, [])


harness.main()
