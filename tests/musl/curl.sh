#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# curl.sh FOLDER - curl and its library for musl, for HTTP alone, of Debian's sources: what Alpine has cannot be had
# here.  Into FOLDER, unless they are there; the program finds the library beside it.
set -euo pipefail

out=$(realpath -m "$1")
[ ! -x "$out/curl" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
# The machine's own lists and sources stay as they are.
sed -nE 's/^(URIs|Suites|Components|Signed-By):/\1:/p; s/^Types:.*/Types: deb-src/p; /^$/p' /etc/apt/sources.list.d/debian.sources >"$work/a.sources"
options=(-qq -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$work" -o "Dir::State::lists=$work/lists"
	-o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=10)
apt-get "${options[@]}" update
cd "$work"
apt-get "${options[@]}" source --download-only curl
tar -xf curl_*.orig.tar.gz --strip-components=1
off=(ldap ftp file dict telnet tftp rtsp pop3 imap smtp gopher mqtt smb manual static threaded-resolver ares
	dependency-tracking)
without=(ssl zlib brotli zstd libpsl nghttp2 libidn2)
CC=musl-gcc CFLAGS=-O1 ./configure --enable-shared "${off[@]/#/--disable-}" "${without[@]/#/--without-}"
make -s -j2 LDFLAGS='-Wl,-rpath,\$$ORIGIN'
mkdir -p "$out"
cp -L lib/.libs/libcurl.so.4 "$out/"
cp src/.libs/curl "$out/"
