#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get.sh FOLDER LANGUAGE... - brings OpenTelemetry's SDKs, at the versions that are written down here, into FOLDER:
# python (6 s, 33 MB), js (9 s, 33 MB), go (25 s), java (30 s).  `make check` brings the first two; what is missing is
# skipped by name.
set -euo pipefail

get_python() { # FOLDER
	[ -d "$1/opentelemetry" ] || python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
		--retries 1 --timeout 10 --no-deps --only-binary :all: --require-hashes --target "$1" -r python.txt
}

get_js() { # FOLDER
	[ ! -d "$1/node_modules" ] || return 0
	mkdir -p "$1"
	cp js/* "$1"
	npm ci --prefix "$1" --silent --no-audit --no-fund
}

get_go() { # FOLDER
	[ -x "$1/emit" ] || go build -C go -o "$1/emit" .
}

get_java() { # FOLDER
	[ ! -d "$1/target/dependency" ] || return 0
	mkdir -p "$1"
	cp -r java/. "$1"
	mvn -q -B -f "$1/pom.xml" package dependency:copy-dependencies
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
