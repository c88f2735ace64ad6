#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pack.py NAME:TAG OUT.tar PROGRAM: a docker-archive with one static program, run by user 10001."""
import hashlib
import io
import json
import os
import platform
import sys
import tarfile


def add(tar, name, data, mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    tar.addfile(entry, io.BytesIO(data))


def main(image, out, program):
    name = os.path.basename(program)
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar, open(program, "rb") as file:
        add(tar, name, file.read(), 0o755)
    layer = layer.getvalue()
    config = json.dumps({
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()], "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {"User": "10001:10001", "Entrypoint": [f"/{name}"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [image], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(out, "w") as tar:
        add(tar, "manifest.json", manifest)
        add(tar, config_name, config)
        add(tar, "layer.tar", layer)


main(*sys.argv[1:])
