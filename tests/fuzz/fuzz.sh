#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [SECONDS [TARGET...]] - every parser of untrusted bytes, or the named ones, under libFuzzer, ASan and
# UBSan, a minute each; `make fuzz`.  What it finds goes to tests/fuzz/corpus/, where `make check` replays it.
set -euo pipefail
seconds=${1:-60}
targets=("${@:2}")
cd "$(dirname "$0")/../.."

find_clang() {
	command -v clang || command -v clang-14 || true
}

# Whether it can link a fuzzer: the runtime, a part of compiler-rt, is a package of its own.
has_runtime() {
	local folder status=0
	folder=$(mktemp -d)
	echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n > 9; }' |
		"$clang" -fsanitize=fuzzer,address,undefined -x c - -o "$folder/try" 2>"$folder/errors" || status=1
	why=$(grep -m 1 -i 'error\|cannot' "$folder/errors" || true)
	rm -rf "$folder"
	return $status
}

install() { # PACKAGE..., where that asks nobody
	if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
		apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 || true
	fi
}

clang=$(find_clang)
if [ -z "$clang" ]; then
	install clang-14 libclang-rt-14-dev
	clang=$(find_clang)
fi
[ -n "$clang" ] || { echo "fuzz: clang is missing; install it with:  sudo apt-get install -y clang libclang-rt-dev" >&2; exit 1; }
if ! has_runtime; then
	version=$("$clang" -dumpversion | cut -d. -f1)
	install "libclang-rt-$version-dev"
	if ! has_runtime; then
		echo "fuzz: $clang has no fuzzer's runtime (libclang_rt.fuzzer, of compiler-rt): ${why:-it cannot link one}" >&2
		echo "fuzz: install it with:  sudo apt-get install -y libclang-rt-$version-dev  (Fedora, Alpine: compiler-rt)" >&2
		exit 1
	fi
fi

[ -f build-fuzz/build.ninja ] || CC=$clang CFLAGS=-fsanitize=fuzzer-no-link meson setup build-fuzz \
	-Dfuzzer=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
status=0
if [ ${#targets[@]} -eq 0 ]; then
	for source in tests/fuzz/fuzz_*.c; do
		targets+=("$(basename "$source" .c | sed s/^fuzz_//)")
	done
fi
for target in "${targets[@]}"; do
	name=fuzz_$target
	ninja -C build-fuzz --quiet "tests/fuzz/$name"
	corpus=tests/fuzz/corpus/$target
	mkdir -p "build-fuzz/corpus/$name"
	echo "== $name, $seconds s"
	"build-fuzz/tests/fuzz/$name" -max_total_time="$seconds" -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$corpus/found-" "build-fuzz/corpus/$name" "$corpus" 2>&1 |
		grep -E '^(stat::number_of_executed_units|stat::new_units|SUMMARY|==[0-9]+==)' || status=1
	[ "${PIPESTATUS[0]}" -eq 0 ] || status=1
done
exit $status
