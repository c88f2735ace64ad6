#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# packages.sh [TOOL...] - installs what building and testing need, from Debian's packages when run
# as root; otherwise prints the command that does. TOOLs, named as their packages, are optional: the
# tests that need one are skipped without it.  libh2o is built by libh2o.sh where no package has it.
set -euo pipefail
cd "$(dirname "$0")"

apt=(gcc libc6-dev meson ninja-build pkg-config python3 curl zlib1g-dev libssl-dev
	libh2o-evloop-dev libcurl4-openssl-dev libjansson-dev libnghttp2-dev libyaml-dev libzstd-dev libsqlite3-dev libpq-dev check python3-yaml)
dnf=(gcc meson ninja-build pkgconf python3 curl zlib-devel openssl-devel libh2o-devel
	libcurl-devel jansson-devel libnghttp2-devel libyaml-devel libzstd-devel sqlite-devel libpq-devel check-devel)
pacman=(gcc meson ninja pkgconf python curl zlib openssl libh2o jansson libnghttp2 libyaml zstd sqlite postgresql-libs check)

h2o_prefix=$PWD/../../build/h2o
export PKG_CONFIG_PATH=$h2o_prefix/lib/pkgconfig:${PKG_CONFIG_PATH-} # as the Makefile has it

missing=()
for tool in gcc meson ninja pkg-config python3 curl; do
	command -v "$tool" >/dev/null || missing+=("$tool")
done
for module in zlib openssl libh2o-evloop libcurl jansson libnghttp2 yaml-0.1 libzstd sqlite3 libpq check; do
	pkg-config --exists "$module" 2>/dev/null || missing+=("$module")
done
wanted=()
for tool in "$@"; do
	command -v "$tool" >/dev/null ||
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$tool" 2>/dev/null)" = installed ] || wanted+=("$tool")
done
[ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ] && exit 0

# Debian 13 and later have no libh2o.
apt_has_h2o() {
	[[ $(apt-cache policy libh2o-evloop-dev 2>/dev/null) == *"Candidate: "[!\(]* ]]
}

# Packages to build it instead.
apt_without_h2o() {
	mapfile -t apt < <(printf '%s\n' "${apt[@]}" cmake g++ perl git ca-certificates | grep -vx libh2o-evloop-dev)
}

apt_install() { # PACKAGE...
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -y --no-install-recommends "$@"
}

if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
	all=("${missing[@]}" "${wanted[@]}")
	echo "installing what is missing (${all[*]}) from Debian's packages"
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	apt-get update >"$log" 2>&1 || cat "$log" >&2
	if [ ${#missing[@]} -gt 0 ]; then
		apt_has_h2o || apt_without_h2o
		if ! apt_install "${apt[@]}" >"$log" 2>&1; then
			cat "$log" >&2
			echo "packages.sh: apt-get failed, see above" >&2
			exit 1
		fi
	fi
	if [ ${#wanted[@]} -gt 0 ] && ! apt_install "${wanted[@]}" >"$log" 2>&1; then
		for tool in "${wanted[@]}"; do # one that cannot be installed does not prevent the others
			apt_install "$tool" >"$log" 2>&1 ||
				echo "packages.sh: continuing without $tool: $(tail -n 1 "$log")" >&2
		done
	fi
	pkg-config --exists libh2o-evloop || ./libh2o.sh "$h2o_prefix"
	exit 0
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "${missing[*]}" = libh2o-evloop ] && command -v apt-get >/dev/null && ! apt_has_h2o; then
	exec ./libh2o.sh "$h2o_prefix" # needs no root
fi
echo "missing: ${missing[*]}" >&2
if command -v apt-get >/dev/null; then
	apt_has_h2o || apt_without_h2o
	echo "install it with:  sudo apt-get install -y ${apt[*]}" >&2
elif command -v dnf >/dev/null; then
	echo "install it with:  sudo dnf install -y ${dnf[*]}" >&2
elif command -v pacman >/dev/null; then
	echo "install it with:  sudo pacman -S --needed ${pacman[*]}" >&2
else
	echo "with Nix:  nix develop" >&2
fi
exit 1
