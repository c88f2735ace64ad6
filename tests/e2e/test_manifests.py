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
    import network
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

    def test_no_object_has_two_truths(self):
        """Else what is applied last would silently undo the other."""
        named = [(d.kind, d.content["metadata"].get("namespace"), d.name) for d in manifests.load_all()]
        self.assertEqual([name for name in named if named.count(name) > 1], [])

    def test_who_scales_a_deployment_is_not_overruled(self):
        scaled = {d.content["spec"]["scaleTargetRef"]["name"] for d in self.each("HorizontalPodAutoscaler")}
        self.assertEqual(scaled, set(PROGRAMS))
        for document in self.base:
            if document.kind == "Deployment":
                self.assertNotIn("replicas", document.content["spec"], document)

    def config_map(self, folder, name):
        (found,) = [d.content["data"] for d in folder if (d.kind, d.name) == ("ConfigMap", name)]
        return found

    def test_scale_changes_settings_by_an_object_of_its_own(self):
        """Which the pods read after the one of k8s/, and only where it is there."""
        for document, container in self.containers():
            if document.name in PROGRAMS:
                sources = [source.get("configMapRef") or source["secretRef"] for source in container["envFrom"]]
                first, last = sources[:2]
                self.assertNotIn("optional", first)
                self.assertEqual({source["optional"] for source in sources[1:]}, {True})
                brought = {d.name for d in self.scale if d.kind in ("ConfigMap", "Secret")}
                self.assertLessEqual({source["name"] for source in sources[1:]}, brought)
                usual, changed = self.config_map(self.base, first["name"]), self.config_map(self.scale, last["name"])
                self.assertEqual(usual.keys(), changed.keys())
                self.assertEqual(set(usual) & {v["name"] for v in container["env"]}, set())  # which would win

    def test_scale_stores_orders_in_the_database_that_it_starts(self):
        store = urlsplit(self.config_map(self.scale, "order-service-scale")["ORDER_STORE"])
        (secret,) = [d.content["stringData"] for d in self.all if d.kind == "Secret"]
        ((document, container),) = [(d, c) for d, c in self.containers() if d.name == "postgres"]
        (database,) = [v["value"] for v in container["env"] if v["name"] == "PGDATABASE"]
        self.assertEqual((store.scheme, store.hostname, store.path), ("postgresql", document.name, "/" + database))
        self.assertIsNone(store.password)  # one truth: both ends have it from the Secret
        self.assertEqual(set(secret), {"PGUSER", "PGPASSWORD"})
        readers = [d.name for d, c in self.containers() for source in c.get("envFrom", []) if "secretRef" in source]
        self.assertEqual(readers, ["order-service", "postgres"])
        self.assertGreater(int(self.config_map(self.scale, "api-gateway-scale")["ORDER_RETRIES"]), 0)

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
                self.assertEqual(set(container["resources"][kind]), {"cpu", "memory", "ephemeral-storage"})
            ports = {p["name"] for p in container["ports"]}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                how = container[probe].get("httpGet") or container[probe].get("tcpSocket")
                if how:
                    self.assertIn(how["port"], ports)
                else:
                    self.assertEqual(container[probe]["exec"]["command"][0], "pg_isready")

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

    def urls(self, template):
        """The URLs that a pod's variables and the ConfigMaps that it reads have."""
        maps = {d.name: d.content["data"] for d in self.all if d.kind == "ConfigMap"}
        (container,) = template["spec"]["containers"]
        names = [v["configMap"]["name"] for v in template["spec"].get("volumes", []) if "configMap" in v] + \
            [source["configMapRef"]["name"] for source in container.get("envFrom", []) if "configMapRef" in source]
        text = " ".join([v.get("value", "") for v in container["env"]] + [str(maps[name]) for name in names])
        return [urlsplit(url) for url in re.findall(r"(?:http|postgresql)://[\w.-]+:\d+", text)]

    def test_urls_name_services_and_their_ports(self):
        ports = {d.name: {p["port"] for p in d.content["spec"]["ports"]} for d in self.all if d.kind == "Service"}
        found = {d.name: self.urls(template) for d, template in self.templates()}
        for name, urls in found.items():
            for url in urls:
                self.assertIn(url.port, ports.get(url.hostname, set()), name)
        self.assertEqual({name: len(urls) for name, urls in found.items()}, {
            "jaeger": 0, "order-service": 3, "api-gateway": 3, "otel-collector": 1, "jaeger-store": 0, "postgres": 0})

    def test_the_policies_allow_what_is_needed_and_nothing_else(self):
        """Needed: what the pods' URLs say, and the names in them; the gateway and the queries are open."""
        policies = [d.content for d in self.each("NetworkPolicy")]
        pods = {d.name: template for d, template in self.templates()}
        ends = [network.pod_end(name, self.base[0].name, t["metadata"]["labels"]) for name, t in pods.items()]
        ends += [network.pod_end("neighbour", self.base[0].name, {}), network.pod_end("other", "default", {}),
                 network.pod_end("dns", "kube-system", {"k8s-app": "kube-dns"}),
                 network.pod_end("other-system", "kube-system", {"k8s-app": "other"}),
                 network.End("dns-cache", address="169.254.20.10"), network.End("world", address="192.0.2.1")]
        dns = [(53, "UDP"), (53, "TCP")]
        ports = {name: [(p["containerPort"], "TCP") for c in t["spec"]["containers"] for p in c["ports"]]
                 for name, t in pods.items()}
        ports.update({name: dns for name in ("dns", "dns-cache", "other-system", "world")})
        needed = {(name, url.hostname, url.port, "TCP") for name, t in pods.items() for url in self.urls(t)}
        needed |= {(name, to, *port) for name, t in pods.items() if self.urls(t) for to in ("dns", "dns-cache") for port in dns}
        needed |= {(end.name, name, port, "TCP") for end in ends if end.name not in pods
                   for name, port in (("api-gateway", 8000), ("jaeger", 16686), ("jaeger-store", 16686))}
        outside = {end.name for end in ends} - pods.keys()
        found = {flow for flow in network.allowed(policies, ends, ports) if not {flow[0], flow[1]} <= outside}
        self.assertEqual(found - needed, set())
        self.assertEqual(needed - found, set())

    def test_every_policy_is_for_a_pod_and_names_ports_that_it_has(self):
        for policy in self.each("NetworkPolicy"):
            selector = policy.content["spec"]["podSelector"]
            selected = [t for _, t in self.templates() if network.selects(selector, t["metadata"]["labels"])]
            self.assertTrue(selected)
            ports = {p["containerPort"] for t in selected for c in t["spec"]["containers"] for p in c["ports"]}
            for rule in policy.content["spec"].get("ingress", []):
                self.assertLessEqual({p["port"] for p in rule["ports"]}, ports)

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
                brought = [name for d in self.scale if (d.kind, d.name) == ("ConfigMap", f"{document.name}-scale")
                           for name in d.content["data"]]
                self.assertTrue(brought)
                for name in [variable["name"] for variable in container["env"]] + brought:
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
            if container["image"].startswith("localhost/"):
                self.assertEqual(document.content["metadata"]["labels"]["app.kubernetes.io/version"], project_version())

    def test_images_are_named_as_nix_names_them(self):
        path = os.path.join(SOURCE, "nix", "images.nix")
        if not os.path.exists(path):
            self.skipTest("no nix/images.nix beside the manifests")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        (prefix,) = re.findall(r'\bname = "([^"]*)\$\{name\}"', text)
        built = {f"{prefix}{name}:{project_version()}" for name in re.findall(r'\bname = "([\w-]+)"', text)}
        named = {container["image"] for _, container in self.containers() if container["image"].startswith("localhost/")}
        self.assertLessEqual(named, built)
        self.assertEqual(len(named), 3)

    def test_the_readme_names_commands_that_fit(self):
        with open(os.path.join(K8S, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        self.assertIn("kubectl apply -f k8s/\n", readme)
        pattern, name = re.search(r'sed -i "s/([^/]*)/.*" (\S*)', readme).groups()
        with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
            self.assertEqual(len(re.findall(rf"(?m)^  {pattern}$", file.read())), 1)
        order = next(d for d in self.base if (d.kind, d.name) == ("Deployment", "order-service"))
        (container,) = pod_template(order.content)["spec"]["containers"]
        variable, program = re.search(r"set env deployment/order-service (\w+)=([\w-]+)", readme).groups()
        self.assertEqual(container["args"], [f"$({variable})"])
        self.assertIn(program, PROGRAMS["order-service"])


harness.main()
