# SPDX-License-Identifier: Apache-2.0
# overlay.sh NAME PACKAGE PROGRAM EXPECTED... - the overlay's packages are those of the flake, and their programs start.
set -euo pipefail

while [ $# -gt 0 ]; do
	[ "$2" = "$4" ] || {
		echo "$1 of the overlay is $2, not $4" >&2
		exit 1
	}
	version=$("$3" --version)
	echo "$1: $version"
	shift 4
done
