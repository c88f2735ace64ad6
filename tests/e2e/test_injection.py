# SPDX-License-Identifier: Apache-2.0
"""k8s/inject/ without a cluster: its copies of other files have not fallen behind."""
import difflib
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "k8s"), os.path.join(HERE, "..", "integration")]

import harness  # noqa: E402

try:
    import manifests
    from manifests import K8S, load
except ImportError:
    manifests = K8S = None

# What the shop's plain programs read.
OWN = {"HOST", "THREADS", "LOG_FORMAT", "ORDER_SERVICE_URL"}


def text_of(*path):
    with open(os.path.join(K8S, "inject", *path), encoding="utf-8") as file:
        return file.read().splitlines()


@unittest.skipIf(manifests is None, "no PyYAML (Debian: python3-yaml)")
@unittest.skipIf(manifests and not os.path.isdir(K8S), "no k8s/ in this copy of the sources")
class Injection(unittest.TestCase):
    def test_the_policy_that_copies_the_agent_differs_in_that_alone(self):
        self.assertEqual(text_of("20-binding.yaml"), text_of("copy", "20-binding.yaml"))
        changes = [line for line in difflib.ndiff(text_of("10-policy.yaml"), text_of("copy", "10-policy.yaml"))
                   if line[0] in "+-" and not line[2:].startswith("#")]
        self.assertEqual(changes, ['-       expression: "false"', '+       expression: "true"'])

    def test_kubectl_takes_the_folders_as_they_are(self):
        for folder in ("inject", os.path.join("inject", "copy")):
            documents = load(os.path.join(K8S, folder))
            self.assertEqual([d.kind for d in documents], ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"])
            self.assertEqual({d.content["apiVersion"] for d in documents}, {"admissionregistration.k8s.io/v1"})
            self.assertEqual(documents[1].content["spec"], {"policyName": documents[0].name})

    def test_the_shop_without_launchers_has_the_same_settings(self):
        (overlay,) = manifests_of(os.path.join("inject", "shop", "kustomization.yaml"))
        changed = {p["target"].get("name"): manifests.yaml.safe_load(p["patch"]) for p in overlay["patches"]}
        for file, name in (("20-order.yaml", "order-service"), ("30-gateway.yaml", "api-gateway")):
            self.assertIn(f"../../{file}", overlay["resources"])
            (deployment,) = (d for d in manifests_of(file) if d["kind"] == "Deployment")
            (container,) = deployment["spec"]["template"]["spec"]["containers"]
            patch = {p["path"].rsplit("/", 1)[1]: p.get("value") for p in changed[name]}
            self.assertEqual(patch["env"], [e for e in container["env"] if e["name"] in OWN], name)
            self.assertEqual(patch["command"], [name])


def manifests_of(file):
    with open(os.path.join(K8S, file), encoding="utf-8") as text:
        return list(manifests.yaml.load_all(text, manifests.StrictLoader))


harness.main()
