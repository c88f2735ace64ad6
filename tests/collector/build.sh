#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh TARGET - an OpenTelemetry Collector for the tests, of main.go's parts, pinned by go.mod and go.sum.
set -euo pipefail
target=$(realpath -m "${1:?usage: build.sh TARGET}")
[ -d /usr/local/go/bin ] && PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo "build.sh: no go to build a Collector with" >&2; exit 1; }
cd "$(dirname "$0")"
mkdir -p "$(dirname "$target")"
CGO_ENABLED=0 nice go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -o "$target.part" .
mv "$target.part" "$target"
