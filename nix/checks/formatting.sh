# SPDX-License-Identifier: Apache-2.0
# formatting.sh SOURCE - C as .clang-format says, Nix as nixfmt does, no shell script that shellcheck warns of.
set -euo pipefail
cd "$1"

find libtrace services tests -name '*.[ch]' -exec clang-format --dry-run --Werror {} +
find flake.nix nix -name '*.nix' -not -path '*/nixpkgs-standin/*' -exec nixfmt --check {} +
find nix services tests -name '*.sh' -not -path '*/nixpkgs-standin/*' -exec shellcheck --shell=bash --severity=warning {} +
echo "formatted"
