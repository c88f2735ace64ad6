#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# again.sh BUILD - runs the programs that failed in BUILD's last test run once more, one at a time; the log is "again"
# beside the first one.  Many of them wait for other processes, and a machine that is busy elsewhere for a second fails
# one of some 3,900.  What fails twice has failed; more than AGAIN_MAX are no accident.
# Exit status: as meson test's; 77 when nothing was run again.
set -uo pipefail

AGAIN_MAX=5
mapfile -t names < <(python3 "$(dirname "${BASH_SOURCE[0]}")/tally.py" --failed "$1/meson-logs/testlog" | sed 's|.* / ||')
((${#names[@]} >= 1 && ${#names[@]} <= AGAIN_MAX)) || exit 77
exec meson test -C "$1" --no-rebuild --num-processes 1 --print-errorlogs --logbase again "${names[@]}"
