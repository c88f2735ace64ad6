#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh TARGET - a real Jaeger v2 for the tests, from its Go module, pinned by go.mod and go.sum:
# all but its UI pages.  The first build takes 5 to 10 minutes on 2 cores, later ones seconds.
set -euo pipefail
target=$(realpath -m "${1:?usage: build.sh TARGET}")
[ -d /usr/local/go/bin ] && PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo "build.sh: no go to build Jaeger with" >&2; exit 1; }
cd "$(dirname "$0")"
mkdir -p "$(dirname "$target")"
CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' \
	-o "$target.part" github.com/jaegertracing/jaeger/cmd/jaeger
mv "$target.part" "$target"
