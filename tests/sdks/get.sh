#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get.sh FOLDER LANGUAGE... - brings OpenTelemetry's SDKs, at the versions that are written down here, into FOLDER:
# python (6 s, 33 MB).  `make check` brings that one; what cannot be had is skipped by name.
set -euo pipefail

get_python() { # FOLDER
	[ -d "$1/opentelemetry" ] || python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
		--retries 1 --timeout 10 --no-deps --only-binary :all: --require-hashes --target "$1" -r python.txt
}

[ $# -gt 1 ] || { echo "usage: get.sh FOLDER LANGUAGE..." >&2; exit 2; }
folder=$1
shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")"
for language in "$@"; do
	"get_$language" "$folder/$language"
done
