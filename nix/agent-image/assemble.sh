#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# assemble.sh OUT BIN LIB CP CA-FILE LIBRARY... - puts the agent image's files together in OUT: the programs
# of BIN and CP, the libraries of LIB that programs get, and a C library for the programs alone, with the
# LIBRARYs that these load by name (libcurl, libyaml).  Needs patchelf.
set -euo pipefail

out=$1 bin=$2 lib=$3 cp=$4 ca=$5
shift 5
home=/libtrace # of the image, and where pods mount it: the programs' interpreter is an absolute path
top=$out$home

mkdir -p "$top"/{bin,lib,runtime} "$out"/{bin,etc/ssl/certs}

# --- for the programs that are traced: nothing but what any of them has -----------------------

for name in libtrace-agent.so libtrace-agent-core.so libtrace-c.so.0 libtrace-c-config.so; do
	install -m644 "$lib/$name" "$top/lib/$name"
	# Replaced first, or the builder's folders stay in the file.
	[ -z "$(patchelf --print-rpath "$top/lib/$name")" ] || patchelf --set-rpath - "$top/lib/$name"
	patchelf --remove-rpath "$top/lib/$name"
done
# Where there was no musl-gcc they are missing.
for file in "$lib"/libtrace-musl/*; do
	[ -e "$file" ] || continue
	install -D -m644 "$file" "$top/lib/libtrace-musl/${file##*/}"
	patchelf --set-rpath "\$ORIGIN" "$top/lib/libtrace-musl/${file##*/}"
done

# --- for our own programs: all that they need --------------------------------------------------

# The dynamic linker by which they were built also finds what they need.
linker=$(patchelf --print-interpreter "$bin/libtrace-relay")
needs() { # FILE: the libraries that it loads, and those that these load
	"$linker" --list "$1" | sed -n 's/^\t.* => \(\/.*\) (0x[0-9a-f]*)$/\1/p'
}
carry() { # FILE NAME
	[ -e "$top/runtime/$2" ] || install -m755 "$1" "$top/runtime/$2"
}
carry "$linker" "${linker##*/}"
for library in "$@"; do
	carry "$library" "${library##*/}"
done
for file in "$bin/libtrace-relay" "$bin/libtrace-instrument" "$cp" "$@"; do
	for library in $(needs "$file"); do
		carry "$library" "${library##*/}"
	done
done
for file in "$top"/runtime/*; do
	[ "$file" = "$top/runtime/${linker##*/}" ] || [[ $file == */libc.so.6 ]] || patchelf --set-rpath "\$ORIGIN" "$file"
done

# An RPATH comes before LD_LIBRARY_PATH, which is the container's, for its own programs.  $ORIGIN needs /proc.
program() { # FILE TARGET RUNTIME, as seen from there
	install -m755 "$1" "$2"
	patchelf --set-interpreter "$home/runtime/${linker##*/}" --force-rpath --set-rpath "\$ORIGIN/$3:$home/runtime" "$2"
}
program "$bin/libtrace-relay" "$top/bin/libtrace-relay" ../runtime
program "$bin/libtrace-instrument" "$top/bin/libtrace-instrument" ../runtime
program "$cp" "$out/bin/cp" "..$home/runtime"

# --- for the relay as a container of its own --------------------------------------------------

install -m644 "$ca" "$out/etc/ssl/certs/ca-certificates.crt"
ln -s ca-certificates.crt "$out/etc/ssl/certs/ca-bundle.crt"
echo "hosts: files dns" >"$out/etc/nsswitch.conf"
ln -s "${home#/}" "$out/autoinstrumentation" # where OpenTelemetry's operator copies from
