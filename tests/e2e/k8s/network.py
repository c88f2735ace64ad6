# SPDX-License-Identifier: Apache-2.0
"""Which connections NetworkPolicies allow, computed from the objects: not every cluster of a test enforces them."""
import ipaddress
from collections import namedtuple

NAMESPACE_LABEL = "kubernetes.io/metadata.name"

# An end of a connection: a pod with its namespace and labels, or an address outside.
End = namedtuple("End", "name namespace labels address", defaults=(None, {}, None))


def pod_end(name, namespace, labels):
    return End(name, namespace, labels)


def _holds(expression, labels):
    value, operator = labels.get(expression["key"]), expression["operator"]
    return {"In": value in expression.get("values", []), "NotIn": value not in expression.get("values", []),
            "Exists": value is not None, "DoesNotExist": value is None}[operator]


def selects(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items() and \
        all(_holds(e, labels) for e in selector.get("matchExpressions", []))


def _is_peer(peer, end, namespace):
    if "ipBlock" in peer:
        return end.address is not None and ipaddress.ip_address(end.address) in ipaddress.ip_network(peer["ipBlock"]["cidr"])
    if end.namespace is None:
        return False
    if "namespaceSelector" in peer:
        inside = selects(peer["namespaceSelector"], {NAMESPACE_LABEL: end.namespace})
    else:
        inside = end.namespace == namespace
    return inside and selects(peer.get("podSelector", {}), end.labels)


def _is_port(rule, port, protocol):
    return "ports" not in rule or any(
        (p.get("port", port), p.get("protocol", "TCP")) == (port, protocol) for p in rule["ports"])


def _passes(policies, direction, of, other, port, protocol):
    """Whether the policies of one end let the connection pass: all do if it has none."""
    peers = {"ingress": "from", "egress": "to"}[direction]
    own = [p for p in policies
           if of.namespace == p["metadata"]["namespace"] and selects(p["spec"]["podSelector"], of.labels)
           and direction.capitalize() in p["spec"]["policyTypes"]]
    return not own or any(
        _is_port(rule, port, protocol) and
        (peers not in rule or any(_is_peer(peer, other, of.namespace) for peer in rule[peers]))
        for p in own for rule in p["spec"].get(direction, []))


def allows(policies, source, destination, port, protocol="TCP"):
    """Whether source may open a connection to a port of destination."""
    return _passes(policies, "egress", source, destination, port, protocol) and \
        _passes(policies, "ingress", destination, source, port, protocol)


def allowed(policies, ends, ports):
    """All (source's name, destination's name, port, protocol) that the policies allow. @param ports: name -> [(port, protocol)]"""
    return {(source.name, destination.name, port, protocol)
            for source in ends for destination in ends if source != destination
            for port, protocol in ports.get(destination.name, [])
            if allows(policies, source, destination, port, protocol)}
