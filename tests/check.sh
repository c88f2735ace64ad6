#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check.sh - builds what the tests need, runs them all, prints a tally; `make check`.
# CHECK_BUILDS picks builds (default: all three); WERROR=true makes warnings errors, as in CI.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

builds=${CHECK_BUILDS:-plain sanitized threads}
declare -A sanitize=([plain]=none [sanitized]="address,undefined" [threads]=thread)
declare -A suites=([plain]="style unit agent cases integration hosts bench" [sanitized]="unit agent cases integration" [threads]=unit)

folder() { # BUILD
	if [ "$1" = plain ]; then echo build; else echo "build-$1"; fi
}

build() { # BUILD
	local dir
	dir=$(folder "$1")
	if [ ! -f "$dir/build.ninja" ]; then
		meson setup "$dir" --prefix "$PWD/$dir/prefix" --libdir lib -Db_sanitize="${sanitize[$1]}" \
			-Dwerror="${WERROR:-false}" >"$dir.log" || { cat "$dir.log"; return 1; }
		rm -f "$dir.log"
	fi
	ninja -C "$dir" --quiet && meson install -C "$dir" --no-rebuild --only-changed --quiet >/dev/null
}

# What some tests use where it is to be had; without it they say that they skip it.
get_extras() {
	# pip's pycurl has a libcurl of a name of its own.
	[ -d build/tests/hosts/pycurl ] ||
		python3 -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 10 --no-deps \
			--only-binary :all: --require-hashes --target build/tests/hosts/pycurl -r tests/hosts/pycurl.txt
	timeout 240 tests/musl/curl.sh build/tests/musl-curl
	tests/browser/get.sh build/tests/browser/axe
	for language in python js; do
		tests/sdks/get.sh build/tests/sdks $language
	done
}

# Prints the log to read beside the first.
run_again() { # FOLDER
	tests/again.sh "$1" >/dev/null 2>&1
	[ $? -eq 77 ] || echo ",$1/meson-logs/again"
}

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=die_after_fork=0:halt_on_error=1 # a test of forks starts a thread in the child
results=()
for name in $builds; do
	echo "== $name: building"
	[ "$name" != plain ] || get_extras >/dev/null 2>&1 &
	build "$name" || { echo "the build \"$name\" failed"; echo "0 passed, 1 failed"; exit 1; }
	wait
	echo "== $name: testing"
	args=()
	for suite in ${suites[$name]}; do args+=(--suite "$suite"); done
	# Three a processor: most tests wait for something most of their time.
	meson test -C "$(folder "$name")" --no-rebuild --num-processes $((3 * $(nproc))) "${args[@]}" 2>&1 |
		grep -E '^ *[0-9]+/[0-9]+ ' # its progress output; the tally below has the rest
	dir=$(folder "$name")
	results+=("$name=$dir/meson-logs/testlog$(run_again "$dir")")
done
exec python3 tests/tally.py "${results[@]}"
