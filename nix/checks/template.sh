# SPDX-License-Identifier: Apache-2.0
# template.sh - the program of `nix flake init -t`, as its own flake builds it, prints its two spans.
set -euo pipefail

printed=$(OTEL_TRACES_EXPORTER=console shop 2>&1)
echo "$printed"
grep -E '^order +INTERNAL' <<<"$printed" >/dev/null
grep -E '^  check_inventory +INTERNAL .*item="widget"' <<<"$printed" >/dev/null
