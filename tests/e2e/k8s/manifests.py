# SPDX-License-Identifier: Apache-2.0
"""Reads manifests strictly and reports where they differ from the schemas of the Kubernetes API."""
import glob
import json
import os
from collections import namedtuple

import yaml

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
K8S = os.path.join(SOURCE, "k8s")
SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemas")

Document = namedtuple("Document", "file kind name content")


class StrictLoader(yaml.SafeLoader):
    """A key given twice is an error, not a surprise."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {twice}", node.start_mark)
        return super().construct_mapping(node, deep)


def load_file(path):
    with open(path, encoding="utf-8") as file:
        for content in yaml.load_all(file, StrictLoader):
            yield Document(os.path.relpath(path, SOURCE), content["kind"], content["metadata"]["name"], content)


def load(folder):
    """The documents of a folder, in the order in which kubectl apply -f takes them."""
    return [document for path in sorted(glob.glob(os.path.join(folder, "*.yaml"))) for document in load_file(path)]


def load_all():
    """The documents of k8s/ and of the folders in it."""
    return [document for folder in [K8S] + sorted(glob.glob(os.path.join(K8S, "*", ""))) for document in load(folder)]


def schema_versions():
    return sorted(os.path.basename(path).removesuffix(".json") for path in glob.glob(os.path.join(SCHEMAS, "v*.json")))


class Schema:
    TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict}

    def __init__(self, version):
        with open(os.path.join(SCHEMAS, f"{version}.json"), encoding="utf-8") as file:
            self.document = json.load(file)

    def problems(self, content):
        kind = f"{content.get('apiVersion')} {content.get('kind')}"
        name = self.document["kinds"].get(kind)
        return list(self._check(content, {"$ref": name}, "")) if name else [f"no such kind: {kind}"]

    def _check(self, value, schema, where):
        if "$ref" in schema:
            schema = self.document["definitions"][schema["$ref"]]
        if schema.get("format") == "int-or-string":
            if not isinstance(value, (int, str)):
                yield f"{where}: neither number nor text"
            return
        kind = self.TYPES.get(schema.get("type"), object)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind not in (bool, object)):
            yield f"{where}: {value!r} is no {schema['type']}"
            return
        if value not in schema.get("enum", [value]):
            yield f"{where}: {value!r} is none of {schema['enum']}"
        if isinstance(value, dict):
            yield from self._check_object(value, schema, where)
        if isinstance(value, list):
            yield from self._check_list(value, schema, where)

    def _check_object(self, value, schema, where):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key in schema.get("required", []):
            if key not in value:
                yield f"{where}.{key}: missing"
        for key, item in value.items():
            if key in properties:
                yield from self._check(item, properties[key], f"{where}.{key}")
            elif isinstance(others, dict):
                yield from self._check(item, others, f"{where}.{key}")
            elif properties:
                yield f"{where}.{key}: unknown"

    def _check_list(self, value, schema, where):
        for i, item in enumerate(value):
            yield from self._check(item, schema.get("items", {}), f"{where}[{i}]")
        keys = schema.get("x-kubernetes-list-map-keys")
        if keys:
            found = [tuple(item.get(k) for k in keys) for item in value if isinstance(item, dict)]
            for twice in {f for f in found if found.count(f) > 1}:
                yield f"{where}: {dict(zip(keys, twice))} twice"


def pod_template(content):
    return content.get("spec", {}).get("template") if content["kind"] in ("Deployment", "StatefulSet") else None
