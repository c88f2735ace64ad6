#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh BUILD - speed, side by side in one run; `make bench`.  Read ratios, not figures: machines
# differ.  BENCH_PEERS: other programs that print micro's JSON lines, to be measured beside it.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")"
export LIBTRACE_BIN=$build/prefix/bin

if ! command -v wrk >/dev/null; then
	if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
		apt-get install -y --no-install-recommends wrk >/dev/null
	else
		echo "bench: wrk is missing; install it with:  sudo apt-get install -y wrk" >&2
		exit 1
	fi
fi
ninja -C "$build" --quiet tests/bench/micro
python3 services.py
echo
# shellcheck disable=SC2086
python3 spans.py "$build/tests/bench/micro" ${BENCH_PEERS:-}
