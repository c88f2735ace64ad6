#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get.sh FOLDER - brings axe-core (MPL-2.0), which looks for what keeps people from using a page, into FOLDER by npm's
# client, at the version and with the digest that are written down here.  Without it its test is skipped by name.
set -euo pipefail

axe='axe-core@4.10.3'
sha512=5e6edba515e70d25f6604d9815f064d859c5d1ea7ab661bbc4f87c88779ef0c21cae0abbeb636471ef39e9d62d2582e4b88a1866f19f4ecfcf6d986275e4dc12

[ $# -eq 1 ] || { echo "usage: get.sh FOLDER" >&2; exit 2; }
[ ! -f "$1/axe.min.js" ] || exit 0
mkdir -p "$1"
cd "$1"
npm pack --silent --fetch-retries 1 --fetch-timeout 10000 "$axe" >/dev/null
echo "$sha512  axe-core-${axe#*@}.tgz" | sha512sum --check --status
tar -xozf "axe-core-${axe#*@}.tgz" --strip-components 1 package/axe.min.js package/LICENSE
