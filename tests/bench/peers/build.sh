#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh BUILD [go|rust|python]... - builds the peers, or some, whose toolchain is here into BUILD/peers: bin/ and,
# for Python, venv/.  What cannot be built is said and left out.  The first build downloads, and takes some minutes.
set -uo pipefail
target=$(realpath -m "${1:?usage: build.sh BUILD [PEER...]}")/peers
shift
wanted=" ${*:-go rust python} "
cd "$(dirname "$0")" || exit 1
PATH=$PATH:/usr/local/go/bin:${HOME:-}/.cargo/bin
mkdir -p "$target/bin"

say() {
	echo "peers: $*" >&2
}

# peer NAME TOOL SOURCES FUNCTION - runs the function, unless nothing has changed since it last went well.
peer() {
	local log=$target/$1.log stamp=$target/$1.stamp state
	[[ $wanted == *" $1 "* ]] || return
	if ! command -v "$2" >/dev/null; then
		say "no $2 here: $1 is left out"
		return
	fi
	state=$({ "$2" version || "$2" --version; } 2>/dev/null; find "$3" -type f -print0 |
		sort -z | xargs -0 sha256sum)
	[ "$state" = "$(cat "$stamp" 2>/dev/null)" ] && return
	say "building $1 …"
	rm -f "$stamp"
	if "$4" >"$log" 2>&1; then
		echo "$state" >"$stamp"
	else
		say "$1 is left out, $log says: $(grep -m 1 -i error "$log" || tail -n 1 "$log")"
		"$4_clean"
	fi
}

go_peers() (
	cd go || exit 1
	build() { # NAME PACKAGE [FLAG...]
		go build -mod=readonly -buildvcs=false "${@:3}" -o "$target/bin/go-$1" "./$2"
	}
	build gateway gateway && build order order && build micro micro && build export export &&
		build gateway-untraced gateway -tags untraced && build order-untraced order -tags untraced
)

go_peers_clean() {
	rm -f "$target"/bin/go-*
}

# In a copy, because cargo writes beside its sources.
rust_peers() (
	rm -rf "$target/rust/src" &&
	mkdir -p "$target/rust" && cp -r rust/Cargo.toml rust/src "$target/rust" && cd "$target/rust" &&
	cargo build --release && cp target/release/rust-otel target/release/rust-fastrace "$target/bin"
)

rust_peers_clean() {
	rm -f "$target"/bin/rust-*
}

python_peers() {
	python3 -m venv --clear "$target/venv" && "$target/venv/bin/pip" install -q --disable-pip-version-check \
		--retries 1 --timeout 10 -r python/requirements.txt
}

python_peers_clean() {
	rm -rf "$target/venv"
}

peer go go go go_peers
peer rust cargo rust rust_peers
peer python python3 python/requirements.txt python_peers
