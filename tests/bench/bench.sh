#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh BUILD [--quick] [--only PART]... - speed, side by side in one run; `make bench`.
# bench.py measures; this gets what it needs: wrk and strace, the bench's own programs, and the peers that
# can be built here.  Read ratios, not figures: machines differ.
set -euo pipefail
build=$(realpath "$1")
shift
cd "$(dirname "$0")"

missing=()
for tool in wrk strace; do
	command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
	if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
		apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
	else
		echo "bench: missing: ${missing[*]}; install with:  sudo apt-get install -y ${missing[*]}" >&2
		exit 1
	fi
fi
ninja -C "$build" --quiet tests/bench/{micro,export,sink,hello,rate,in_flight,ingest_send}
peers/build.sh "$build"
exec python3 bench.py "$build" "$@"
