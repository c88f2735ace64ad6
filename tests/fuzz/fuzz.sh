#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [SECONDS] - every parser of foreign bytes under libFuzzer, ASan and UBSan, a minute each;
# `make fuzz`.  What it finds goes to tests/fuzz/corpus/, where `make check` replays it.
set -euo pipefail
seconds=${1:-60}
cd "$(dirname "$0")/../.."

clang=$(command -v clang || command -v clang-14 || true)
if [ -z "$clang" ] && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
	apt-get install -y --no-install-recommends clang-14 libclang-rt-14-dev >/dev/null
	clang='clang-14'
fi
[ -n "$clang" ] || { echo "fuzz: clang is missing; install it with:  sudo apt-get install -y clang libclang-rt-dev" >&2; exit 1; }

[ -f build-fuzz/build.ninja ] || CC=$clang CFLAGS=-fsanitize=fuzzer-no-link meson setup build-fuzz \
	-Dfuzzer=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
status=0
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	ninja -C build-fuzz --quiet "tests/fuzz/$name"
	corpus=tests/fuzz/corpus/${name#fuzz_}
	mkdir -p "build-fuzz/corpus/$name"
	echo "== $name, $seconds s"
	"build-fuzz/tests/fuzz/$name" -max_total_time="$seconds" -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$corpus/found-" "build-fuzz/corpus/$name" "$corpus" 2>&1 |
		grep -E '^(stat::number_of_executed_units|stat::new_units|SUMMARY|==[0-9]+==)' || status=1
	[ "${PIPESTATUS[0]}" -eq 0 ] || status=1
done
exit $status
