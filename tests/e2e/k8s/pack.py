#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pack.py NAME:TAG OUT.tar PROGRAM|FOLDER [VARIABLE=VALUE]...: a docker-archive run by user 10001.

Of one static program, its entry point, or of a folder's files.
"""
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


def anonymous(entry):
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def layer_of(path):
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                tar.add(os.path.join(path, name), name, filter=anonymous)
        else:
            with open(path, "rb") as file:
                add(tar, os.path.basename(path), file.read(), 0o755)
    return layer.getvalue()


def main(image, out, path, *variables):
    layer = layer_of(path)
    start = {} if os.path.isdir(path) else {"Entrypoint": [f"/{os.path.basename(path)}"]}
    config = json.dumps({
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()], "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {"User": "10001:10001", "WorkingDir": "/", "Env": list(variables), **start},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [image], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(out, "w") as tar:
        add(tar, "manifest.json", manifest)
        add(tar, config_name, config)
        add(tar, "layer.tar", layer)


main(*sys.argv[1:])
