#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# image-root.sh ROOT PREFIX PROGRAM... - for services/Containerfile: fills ROOT, all the files of an
# image, with the programs of PREFIX/bin, the libraries that they load, certificates, UTF-8 and names,
# no shell.  What is below PREFIX is below /usr in the image.
set -euo pipefail
shopt -s nullglob

root=$1 prefix=$(realpath "$2")
shift 2
files=("${@/#/$prefix/bin/}")
# What libtrace-instrument starts and loads, and what that loads by name, so that no linker records it.
if [[ " $* " == *" libtrace-instrument "* ]]; then
	files+=("$prefix"/bin/libtrace-relay "$prefix"/lib/libtrace-{agent*,c-config*}.so)
	mapfile -t -O ${#files[@]} files < <(ldconfig -p | sed -nE 's/.* => (.*\/(libcurl\.so\.4|libyaml-0\.so\.2))$/\1/p')
fi

put() { # FILE: where it is, through the links of a merged /usr; what a link leads to, as a file
	local folder
	folder=$(realpath "$(dirname "$1")")
	install -D --mode="$(stat -Lc %a "$1")" "$1" "$root${folder/#"$prefix"\///usr/}/$(basename "$1")"
}

mkdir -p "$root/etc"
for link in /bin /lib /lib64 /sbin; do
	[ ! -L $link ] || cp -P $link "$root$link"
done
ldd "${files[@]}" | sed -nE 's/^\t(.* => )?(\/[^ ]+) \(0x[0-9a-f]+\)$/\2/p' | sort -u >"$root.libraries"
while read -r file; do
	put "$file"
done <"$root.libraries"
rm "$root.libraries"
for file in "${files[@]}" /etc/ssl/certs/ca-certificates.crt /usr/lib/locale/C.utf8/LC_CTYPE; do
	put "$file"
done
printf 'root:x:0:0::/:\nshop:x:10001:10001::/:\n' >"$root/etc/passwd"
printf 'root:x:0:\nshop:x:10001:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
