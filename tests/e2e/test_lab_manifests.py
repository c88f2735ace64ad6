# SPDX-License-Identifier: Apache-2.0
"""A lab's shop for CLUSTER=1, without a cluster: what services/labs/cluster.py makes of k8s/ is what the API understands."""
import os
import shutil
import sys
import tempfile
import unittest
from unittest import mock
from urllib.parse import urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
LABS = os.path.join(HERE, "..", "..", "services", "labs")
sys.path[:0] = [os.path.join(HERE, "k8s"), os.path.join(HERE, "..", "integration"), LABS]

import harness  # noqa: E402

try:
    import manifests
    from manifests import K8S, pod_template
except ImportError:
    manifests = K8S = None

RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


@unittest.skipIf(manifests is None, "no PyYAML (Debian: python3-yaml)")
@unittest.skipIf(manifests and not (os.path.isdir(K8S) and os.path.isdir(LABS)), "no k8s/ or no labs in this copy of the sources")
@unittest.skipIf(shutil.which("kubectl") is None, "no kubectl")
class LabManifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import cluster
        import lab_1
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, XDG_RUNTIME_DIR=folder, ORDER_PROCESSING_MS="7"):
            place = cluster.Cluster()
            place.namespace = "lab-of-mine"
            cls.contents = list(manifests.yaml.load_all(place.manifests(lab_1.LAB), manifests.StrictLoader))
        cls.templates = {c["metadata"]["name"]: pod_template(c) for c in cls.contents if pod_template(c)}

    def test_the_api_of_each_supported_version_understands_them(self):
        for version in manifests.schema_versions():
            schema = manifests.Schema(version)
            for content in self.contents:
                with self.subTest(version=version, kind=content["kind"], name=content["metadata"]["name"]):
                    self.assertEqual(schema.problems(content), [])

    def test_everything_is_in_the_labs_namespace_which_admits_only_restricted_pods(self):
        namespace, *others = self.contents
        self.assertEqual((namespace["kind"], namespace["metadata"]["name"]), ("Namespace", "lab-of-mine"))
        self.assertEqual(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted")
        self.assertEqual({content["metadata"]["namespace"] for content in others}, {"lab-of-mine"})
        for template in self.templates.values():
            (container,) = template["spec"]["containers"]
            self.assertEqual(container["securityContext"], RESTRICTED)
            self.assertTrue(template["spec"]["securityContext"]["runAsNonRoot"])

    def test_the_services_have_faults_and_the_labs_settings(self):
        containers = {name: template["spec"]["containers"][0] for name, template in self.templates.items()}
        self.assertEqual(containers["order-service"]["args"], ["$(ORDER_PROGRAM)", "--faults"])
        self.assertEqual(containers["api-gateway"]["args"], ["api-gateway", "--faults"])
        for name in ("order-service", "api-gateway"):
            env = {variable["name"]: variable.get("value") for variable in containers[name]["env"]}
            expected = {"THREADS": "1", "LAG_MAX_MS": "0", "ORDER_PROCESSING_MS": "7"}
            self.assertEqual({key: env.get(key) for key in expected}, expected)

    def test_spans_go_to_a_service_that_there_is(self):
        (endpoint,) = (content["data"]["OTEL_EXPORTER_OTLP_ENDPOINT"] for content in self.contents if content["kind"] == "ConfigMap")
        ports = {content["metadata"]["name"]: {port["port"] for port in content["spec"]["ports"]}
                 for content in self.contents if content["kind"] == "Service"}
        self.assertIn(urlsplit(endpoint).port, ports[urlsplit(endpoint).hostname])


harness.main()
