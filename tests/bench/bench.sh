#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh BIN - speed, side by side in one run; `make bench`.  Read ratios, not figures: machines differ.
set -euo pipefail
cd "$(dirname "$0")"
export LIBTRACE_BIN=$1

if ! command -v wrk >/dev/null; then
	if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
		apt-get install -y --no-install-recommends wrk >/dev/null
	else
		echo "bench: wrk is missing; install it with:  sudo apt-get install -y wrk" >&2
		exit 1
	fi
fi
exec python3 services.py
