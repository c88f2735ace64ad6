# SPDX-License-Identifier: Apache-2.0
# the phases of nixpkgs' stdenv, with only the declared inputs on PATH and in pkg-config's path
set -euo pipefail
. "$stdenv/setup"
if [ -n "${buildCommandPath:-}" ]; then . "$buildCommandPath"; exit; fi
if [ -n "${buildCommand:-}" ]; then eval "$buildCommand"; exit; fi
for o in $outputs; do [ "$o" = out ] || export "$o"; done
for p in ${nativeBuildInputs:-}; do [ ! -f "$p/nix-support/setup-hook" ] || . "$p/nix-support/setup-hook"; done
runHook() { local h=${!1:-}; eval "$h"; }
phase() { runHook "pre$1"; local f=${1,}Phase; echo "phase: $f"; if [ -n "${!f:-}" ]; then eval "${!f}"; else eval "$2"; fi; runHook "post$1"; }
unpack() { if [ -d "$src" ]; then cp -r "$src" source; chmod -R u+w source; else tar xf "$src"; fi; cd "${sourceRoot:-$(ls -d -- */ | head -1)}"; }
[ -n "${dontUnpack:-}" ] || phase Unpack unpack
patchShebangs() { :; } # Debian has what they name
runHook postPatch
for f in ${patches:-}; do patch -p1 < "$f"; done
[ -n "${dontConfigure:-}" ] || phase Configure ':'
[ -n "${dontBuild:-}" ] || phase Build 'make -j$NIX_BUILD_CORES'
[ -z "${doCheck:-}" ] || phase Check 'make check'
phase Install 'make install'
fixup() {
  local o d
  for o in $outputs; do mkdir -p "${!o}"; done
  if [ -n "${dev:-}" ]; then for d in lib/pkgconfig lib/cmake share/pkgconfig include; do
    [ ! -d "$out/$d" ] || { mkdir -p "$dev/${d%/*}"; mv "$out/$d" "$dev/$d"; }; done; fi
  if [ -n "${doc:-}" ] && [ -d "$out/share/doc" ]; then mkdir -p "$doc/share"; mv "$out/share/doc" "$doc/share/doc"; fi
  for o in $outputs; do find "${!o}" -type f \( -perm -100 -o -name '*.so*' \) -exec sh -c 'file "$1" | grep -q ELF || exit 0
    strip -S "$1"; if readelf -d "$1" | grep -q RUNPATH; then patchelf --shrink-rpath "$1"; fi' _ {} \; ; done
}
[ -n "${dontFixup:-}" ] || phase Fixup fixup
[ -z "${doInstallCheck:-}" ] || phase InstallCheck :
