# SPDX-License-Identifier: Apache-2.0
# formatting.sh SOURCE - C is formatted by .clang-format, Nix by nixfmt, and shellcheck has no warnings.
set -euo pipefail
cd "$1"

find libtrace services tests -name '*.[ch]' -exec clang-format --dry-run --Werror {} +
find flake.nix nix -name '*.nix' -not -path '*/nixpkgs-standin/*' -exec nixfmt --check {} +
find nix services tests -name '*.sh' -not -path '*/nixpkgs-standin/*' -exec shellcheck --shell=bash --severity=warning {} +
echo "formatted"
