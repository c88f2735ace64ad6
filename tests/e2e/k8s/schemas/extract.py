#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes v1.NN.json beside this file, for each of VERSIONS: what the Kubernetes API says of the kinds that
k8s/ uses, from the API's own OpenAPI document in the Go module k8s.io/kubernetes.

By hand, when a kind or a version is added; it needs Go. The descriptions are left out, and a definition
is a line, so that a change of the API is a change of lines.
"""
import json
import os
import subprocess
import sys

VERSIONS = {"1.30": "1.30.14", "1.33": "1.33.13", "1.37": "1.37.2"}
KINDS = {
    "v1": ["ConfigMap", "Namespace", "PersistentVolumeClaim", "Secret", "Service", "ServiceAccount"],
    "apps/v1": ["Deployment", "StatefulSet"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "networking.k8s.io/v1": ["NetworkPolicy"],
    "policy/v1": ["PodDisruptionBudget"],
}
KEPT = {"$ref", "additionalProperties", "enum", "format", "items", "properties", "required", "type",
        "x-kubernetes-list-map-keys", "x-kubernetes-list-type"}


def strip(schema):
    kept = {k: v for k, v in schema.items() if k in KEPT}
    if "properties" in kept:
        kept["properties"] = {k: strip(v) for k, v in kept["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = strip(kept[key])
    if "$ref" in kept:
        return {"$ref": kept["$ref"].removeprefix("#/definitions/")}
    return kept


def refs(schema):
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from refs(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from refs(item)


def api_version(kind):
    return f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]


def extract(document):
    """(roots: "apiVersion Kind" -> definition's name, definitions: name -> schema), both sorted."""
    roots, found = {}, {}
    for name, schema in document["definitions"].items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) == 1 and kinds[0]["kind"] in KINDS.get(api_version(kinds[0]), []):
            roots[f"{api_version(kinds[0])} {kinds[0]['kind']}"] = name
    wanted = list(roots.values())
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = strip(document["definitions"][name])
            wanted.extend(refs(found[name]))
    return dict(sorted(roots.items())), dict(sorted(found.items()))


def write(path, version, roots, definitions):
    def lines(table):
        return ",\n".join(f"{json.dumps(k)}: {json.dumps(v, sort_keys=True)}" for k, v in table.items())
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{\n"source": "k8s.io/kubernetes@v{version}/api/openapi-spec/swagger.json",\n'
                   f'"kinds": {{\n{lines(roots)}\n}},\n"definitions": {{\n{lines(definitions)}\n}}\n}}\n')


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for minor, version in VERSIONS.items():
        found = subprocess.run(["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{version}"], cwd="/",
                               env={**os.environ, "GOFLAGS": "-mod=mod"}, stdout=subprocess.PIPE, check=True)
        folder = json.loads(found.stdout)["Dir"]
        with open(os.path.join(folder, "api/openapi-spec/swagger.json"), encoding="utf-8") as file:
            roots, definitions = extract(json.load(file))
        expected = sum(len(kinds) for kinds in KINDS.values())
        if len(roots) != expected:
            sys.exit(f"{version} has {len(roots)} of {expected} kinds")
        write(os.path.join(here, f"v{minor}.json"), version, roots, definitions)


main()
