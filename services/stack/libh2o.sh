#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libh2o.sh PREFIX - builds libh2o-evloop, shared, and installs it under PREFIX, for systems that
# have no package of it (Debian 13 and later).  Does nothing if it is there already.
# The source is one commit of h2o's public repository, which git checks by its id.  H2O_SOURCE names
# another place: a clone of the repository, or a folder or tar archive of h2o, taken as it is.
# Needs cmake, ninja, pkg-config, a C and a C++ compiler, perl, OpenSSL and zlib; 2 minutes on 2 cores.
set -euo pipefail

commit=edd7a120bfc4af11ac0cbebce2a43cc1f93f9af1 # 2026-06-29
source=${H2O_SOURCE:-https://github.com/h2o/h2o.git}

die() {
	echo "libh2o.sh: $*" >&2
	exit 1
}

if [ $# -ne 1 ] || [[ $1 == -* ]]; then
	sed -n '3,8s/^# //p' "$0"
	[[ ${1-} == --help ]]
	exit
fi
prefix=$(realpath -m "$1")
[ -e "$prefix/built-from" ] && [ "$(cat "$prefix/built-from")" = "$commit $source" ] && exit 0

missing=()
for tool in cmake ninja pkg-config gcc g++ perl git; do
	command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] || die "missing: ${missing[*]}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

run() {
	"$@" >>"$log" 2>&1 || {
		tail -n 30 "$log" >&2
		die "failed, see above: $*"
	}
}

# git_source REPOSITORY - the commit, without its history.
git_source() {
	run git init -q "$work/h2o"
	run git -C "$work/h2o" fetch -q --depth 1 "$1" "$commit"
	run git -C "$work/h2o" checkout -q FETCH_HEAD
}

echo "building libh2o $commit from $source, about 2 minutes; no package here has it"
if [ -f "$source" ]; then
	mkdir "$work/h2o"
	run tar -C "$work/h2o" --strip-components=1 -xf "$source"
elif [ -d "$source" ] && ! git -C "$source" cat-file -e "$commit" 2>/dev/null; then
	run cp -R "$source" "$work/h2o"
elif [ -d "$source" ]; then
	git_source "$(realpath "$source")"
else
	git_source "$source"
fi
[ -e "$work/h2o/libh2o-evloop.pc.in" ] || die "$source holds no libh2o-evloop.pc.in: it is not h2o's source"

run cmake -G Ninja -S "$work/h2o" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
	-DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=ON -DDISABLE_LIBUV=ON -DWITH_IO_URING=OFF -DWITH_MRUBY=OFF
run ninja -C "$work/build" libh2o-evloop

# Its own installation wants the server too.  The .pc file tells programs where the library is at run time.
new=$work/prefix
mkdir -p "$new/lib/pkgconfig" "$new/include"
cp -a "$work"/build/libh2o-evloop.so* "$new/lib/"
cp -r "$work"/h2o/include/. "$work"/h2o/deps/picotls/include/. "$work"/h2o/deps/quicly/include/. "$new/include/"
# shellcheck disable=SC2016 # pkg-config's variables
sed -e "s|^libdir=.*|libdir=$prefix/lib|" -e 's|^Libs:.*|& -Wl,-rpath,${libdir}|' \
	"$work/build/libh2o-evloop.pc" >"$new/lib/pkgconfig/libh2o-evloop.pc"
echo "$commit $source" >"$new/built-from"
mkdir -p "$prefix"
cp -a "$new/." "$prefix/"
