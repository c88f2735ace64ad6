# SPDX-License-Identifier: Apache-2.0
"""k8s/ without a cluster: the manifests are what the API understands, fit together, and name what is built."""
import os
import re
import subprocess
import sys
import unittest
from urllib.parse import urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "k8s"), os.path.join(HERE, "..", "integration")]

import harness  # noqa: E402

try:
    import manifests
    from manifests import K8S, SOURCE, load, pod_template
except ImportError:
    manifests = K8S = None

PROGRAMS = {"api-gateway": ["api-gateway"], "order-service": ["order-service", "order-service-custom"]}
# Read by no program: only by $(…) in other settings.
COMPOSED = {"SERVICE_VERSION", "K8S_NAMESPACE", "K8S_POD", "K8S_POD_UID", "K8S_NODE", "ORDER_PROGRAM"}


def project_version():
    with open(os.path.join(SOURCE, "meson.build"), encoding="utf-8") as file:
        return re.search(r"version: '([^']+)'", file.read()).group(1)


@unittest.skipIf(manifests is None, "no PyYAML (Debian: python3-yaml)")
@unittest.skipIf(manifests and not os.path.isdir(K8S), "no k8s/ in this copy of the sources")
class Manifests(unittest.TestCase):
    at_hand = ""  # what each() is at

    @classmethod
    def setUpClass(cls):
        cls.base = load(K8S)
        cls.scale = load(os.path.join(K8S, "scale"))
        cls.all = cls.base + cls.scale

    def each(self, *kinds):
        """The documents of these kinds; what fails meanwhile names the one at hand."""
        for document in self.all:
            if document.kind in kinds:
                self.at_hand = f"{document.file}: {document.kind} {document.name}: "
                yield document
        self.at_hand = ""

    def _formatMessage(self, msg, standardMsg):
        return self.at_hand + super()._formatMessage(msg, standardMsg)

    def templates(self):
        for document in self.each("Deployment", "StatefulSet"):
            yield document, pod_template(document.content)

    def containers(self):
        for document, template in self.templates():
            for container in template["spec"]["containers"]:
                yield document, container

    def test_the_api_of_each_supported_version_understands_them(self):
        versions = manifests.schema_versions()
        self.assertEqual(versions, ["v1.30", "v1.33", "v1.37"])
        for version in versions:
            schema = manifests.Schema(version)
            for document in self.all:
                with self.subTest(version=version, file=document.file, name=document.name):
                    self.assertEqual(schema.problems(document.content), [])

    def test_kubectl_takes_the_folder_as_it_is(self):
        self.assertEqual([f for f in os.listdir(K8S) if "kustomization" in f], [])
        self.assertEqual(self.base[0].kind, "Namespace")
        for document in self.all[1:]:
            self.assertEqual(document.content["metadata"].get("namespace"), self.base[0].name, document.name)
        for folder in (self.base, self.scale):
            named = [(d.kind, d.name) for d in folder]
            self.assertEqual(len(named), len(set(named)))

    def test_the_namespace_admits_only_restricted_pods(self):
        labels = self.base[0].content["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            self.assertEqual(labels[f"pod-security.kubernetes.io/{mode}"], "restricted")

    def test_every_pod_is_restricted_and_its_root_read_only(self):
        for _, template in self.templates():
            spec = template["spec"]
            self.assertTrue(spec["securityContext"]["runAsNonRoot"])
            self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertIs(spec["automountServiceAccountToken"], False)
        for _, container in self.containers():
            self.assertEqual(container["securityContext"], {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})

    def test_every_container_has_bounds_and_probes(self):
        for _, container in self.containers():
            for kind in ("requests", "limits"):
                self.assertEqual(set(container["resources"][kind]), {"cpu", "memory"})
            ports = {p["name"] for p in container["ports"]}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                self.assertIn(container[probe]["httpGet"]["port"], ports)

    def test_labels_say_the_same_everywhere(self):
        for document in self.all:
            labels = document.content["metadata"]["labels"]
            self.assertEqual(labels["app.kubernetes.io/part-of"], "tracing-demo", document)
        for document, template in self.templates():
            labels = document.content["metadata"]["labels"]
            self.assertEqual({label.removeprefix("app.kubernetes.io/") for label in labels},
                             {"name", "component", "part-of", "version"})
            self.assertEqual(labels["app.kubernetes.io/name"], document.name)
            self.assertEqual(labels, template["metadata"]["labels"])
            self.assertLessEqual(document.content["spec"]["selector"]["matchLabels"].items(), labels.items())
            self.assertEqual(template["spec"]["serviceAccountName"], document.name)
            self.assertIn(("ServiceAccount", document.name), [(d.kind, d.name) for d in self.all])

    def find_pod(self, labels):
        """The templates that a selector selects."""
        return [t for _, t in self.templates() if labels.items() <= t["metadata"]["labels"].items()]

    def test_services_lead_to_ports_that_there_are(self):
        for service in self.each("Service"):
            found = self.find_pod(service.content["spec"]["selector"])
            self.assertTrue(found)
            for template in found:
                names = {p["name"] for c in template["spec"]["containers"] for p in c["ports"]}
                for port in service.content["spec"]["ports"]:
                    self.assertIn(port["targetPort"], names)

    def test_urls_name_services_and_their_ports(self):
        ports = {d.name: {p["port"] for p in d.content["spec"]["ports"]} for d in self.all if d.kind == "Service"}
        n_found = 0
        for _, container in self.containers():
            for variable in container.get("env", []):
                if variable["name"].endswith(("_URL", "_ENDPOINT")):
                    url = urlsplit(variable["value"])
                    self.assertIn(url.port, ports.get(url.hostname, set()), variable)
                    n_found += 1
        self.assertGreaterEqual(n_found, 3)

    def test_composed_variables_are_there_before_they_are_used(self):
        for _, container in self.containers():
            seen = set()
            for variable in container.get("env", []):
                used = set(re.findall(r"\$\((\w+)\)", variable.get("value", "")))
                self.assertLessEqual(used, seen, variable["name"])
                seen.add(variable["name"])
            self.assertLessEqual(set(re.findall(r"\$\((\w+)\)", str(container.get("args", "")))), seen)

    def test_the_programs_know_their_settings(self):
        for document, container in self.containers():
            for program in PROGRAMS.get(document.name, []):
                known = harness.run([program, "--help"]).out
                for variable in container["env"]:
                    name = variable["name"]
                    if not name.startswith("OTEL_") and name not in COMPOSED:
                        self.assertRegex(known, rf"(?m)^ +{name}=", program)

    def test_no_request_and_no_span_is_cut_short(self):
        """preStop + the drain + the last export fit into the grace period."""
        for document, template in self.templates():
            if document.name not in PROGRAMS:
                continue
            (container,) = template["spec"]["containers"]
            env = {v["name"]: v.get("value") for v in container["env"]}
            shown = harness.run([PROGRAMS[document.name][0], "--help"]).out
            drain = re.search(r"DRAIN_TIMEOUT_MS=(\d+)", shown).group(1)
            needed = container["lifecycle"]["preStop"]["sleep"]["seconds"] + (
                int(env.get("DRAIN_TIMEOUT_MS", drain)) + int(env["OTEL_C_EXIT_TIMEOUT"])) / 1000
            self.assertLessEqual(needed, template["spec"]["terminationGracePeriodSeconds"])

    def test_images_are_of_a_version(self):
        for document, container in self.containers():
            self.assertRegex(container["image"], r":\d[\w.-]*$")
            if document.name in PROGRAMS:
                self.assertEqual(document.content["metadata"]["labels"]["app.kubernetes.io/version"], project_version())

    def test_images_are_named_as_nix_names_them(self):
        path = os.path.join(SOURCE, "nix", "images.nix")
        if not os.path.exists(path):
            self.skipTest("no nix/images.nix beside the manifests")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        (prefix,) = re.findall(r'\bname = "([^"]*)\$\{name\}"', text)
        built = {f"{prefix}{name}:{project_version()}" for name in re.findall(r'\bname = "([\w-]+)"', text)}
        for document, container in self.containers():
            if document.name in PROGRAMS:
                self.assertIn(container["image"], built)

    def test_the_readme_names_commands_that_fit(self):
        with open(os.path.join(K8S, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        self.assertIn("kubectl apply -f k8s/\n", readme)
        order = next(d for d in self.base if (d.kind, d.name) == ("Deployment", "order-service"))
        (container,) = pod_template(order.content)["spec"]["containers"]
        variable, program = re.search(r"set env deployment/order-service (\w+)=([\w-]+)", readme).groups()
        self.assertEqual(container["args"], [f"$({variable})"])
        self.assertIn(program, PROGRAMS["order-service"])


harness.main()
