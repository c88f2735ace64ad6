#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# inject_images.sh OUT KEEP - archives OUT/*.tar of the images that test_inject.py has injected.  What takes long to
# make is kept in KEEP.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1 keep=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc=${CC:-cc}
mkdir -p "$out" "$keep"

image() { # NAME FOLDER [VARIABLE=VALUE]...
	python3 "$here/pack.py" "localhost/libtrace/test-$1:test" "$out/$1.tar" "$work/$2" "${@:3}"
}
root() { # NAME FILE...
	"$here/root.sh" "$work/$1" "${@:2}"
}
path=PATH=/usr/bin:/bin

root debian /bin/sh /usr/bin/curl
mkdir -p "$work/debian/usr/lib"
"$cc" -shared -fPIC -o "$work/debian/usr/lib/own.so" "$here/inject/own.c"
image debian debian $path
image preloads debian $path LD_PRELOAD=/usr/lib/own.so

ini() { php -r "echo $1;"; }
root php "$(readlink -f /usr/bin/php)" "$(ini "ini_get('extension_dir')")/curl.so"
mv "$work/php$(readlink -f /usr/bin/php)" "$work/php/usr/bin/php"
mkdir -p "$work/php$(ini PHP_CONFIG_FILE_SCAN_DIR)"
echo "extension=curl.so" >"$work/php$(ini PHP_CONFIG_FILE_SCAN_DIR)/curl.ini"
image php php $path

mkdir "$work/go"
(cd "$here/inject" && CGO_ENABLED=0 go build -o "$work/go/get" get.go)
image go go

"$here/../../musl/curl.sh" "$keep/musl-curl"
install -D "$keep/musl-curl/curl" "$work/musl/usr/bin/curl"
install -D "$keep/musl-curl/libcurl.so.4" "$work/musl/usr/lib/libcurl.so.4"
linker=$(patchelf --print-interpreter "$work/musl/usr/bin/curl")
install -D "$linker" "$work/musl$linker"
image musl musl $path

"$cc" -std=gnu11 -O2 -o "$work/dies" "$here/inject/dies.c" -lcurl -lpthread
root dies-root /bin/sh "$work/dies"
install -D "$work/dies-root$work/dies" "$work/dies-root/usr/bin/dies"
image dies dies-root $path
