#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A clang without the fuzzer's runtime, where nothing can be installed: fuzz.sh names what is missing, and how to get it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/clang" <<'END'
#!/bin/sh
[ "$1" != -dumpversion ] || { echo 99.1.0; exit; }
echo "ld: cannot find libclang_rt.fuzzer-x86_64.a: No such file or directory" >&2
exit 1
END
printf '#!/bin/sh\nexit 100\n' >"$folder/apt-get"
chmod +x "$folder/clang" "$folder/apt-get"

status=0
PATH=$folder:$PATH "$(dirname "$0")/fuzz.sh" 1 >"$folder/said" 2>&1 || status=$?
cat "$folder/said"
[ "$status" -eq 1 ]
grep -q 'runtime.*cannot find libclang_rt.fuzzer' "$folder/said"
grep -q 'apt-get install -y libclang-rt-99-dev' "$folder/said"
