# SPDX-License-Identifier: Apache-2.0
# libh2o-reachable.sh LIBRARY PROGRAM... - no program contains h2o's functions; each loads LIBRARY,
# which calls them through symbols that a preloaded object can interpose.
set -euo pipefail

library=$1
shift

die() {
	echo "$1" >&2
	exit 1
}

defined=$(nm -D --defined-only "$library")
relocations=$(readelf -rW "$library")
for function in h2o_process_request h2o_dispose_request; do
	grep -qw "T $function" <<<"$defined" || die "$library does not define $function"
	grep -q "JUMP_SLO.*$function" <<<"$relocations" ||
		die "$library calls its own $function where nobody can take it"
done
for program in "$@"; do
	defined=$(nm -D --defined-only "$program")
	! grep -E ' h2o_(process|dispose)_request$' <<<"$defined" || die "$program defines that itself"
	# Replaces ldd where there is none.
	loaded=$(LD_TRACE_LOADED_OBJECTS=1 "$program")
	[[ $loaded == *libh2o-evloop.so* ]] || die "$program does not load libh2o-evloop"
	[[ $loaded != *"not found"* ]] || die "$program lacks a library: $loaded"
	echo "${program##*/}: h2o's functions can be taken"
done
