#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# root.sh FOLDER FILE... - this machine's files, with all that they load, as the root of an image.
set -euo pipefail

root=$1
shift
carry() { # FILE: where it is here, its links followed
	[ -e "$root$1" ] || install -D -m "$([ -x "$1" ] && echo 755 || echo 644)" "$1" "$root$1"
}
# What a C library's package has, whether these load it or not.
mapfile -t libc < <(dpkg -L libc6 | grep '^/lib/.*/lib[a-z]*\.so\.')
for file in "$@" "${libc[@]}"; do
	carry "$file"
	# The dynamic linker's own line has no arrow.
	for library in $(ldd "$file" 2>/dev/null | sed -nE 's/.* => (\/[^ ]*) .*/\1/p; s/^\t(\/[^ ]*) .*/\1/p'); do
		carry "$library"
	done
done
