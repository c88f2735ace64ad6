#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# solve.sh OUTPUT SOURCE PATCH - the source with lab 8's solution. Where a learner has begun with their own it is as they
# have it: their build fails at nothing but what they wrote.
if grep -q lt_ "$2"; then
	printf '#include "%s"\n' "$(realpath "$2")" >"$1"
elif ! patch -s -N -F0 -r - -o "$1" "$2" "$3" </dev/null; then
	echo "$3 does not fit $2"
	printf '#include "%s"\n' "$(realpath "$2")" >"$1"
fi
