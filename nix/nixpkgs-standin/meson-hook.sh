# SPDX-License-Identifier: Apache-2.0
mesonConfigurePhase() { meson setup build --prefix="$out" --libdir="${lib:-$out}/lib" --includedir="${dev:-$out}/include" --mandir="${man:-$out}/share/man" \
  --buildtype=plain --wrap-mode=nodownload ${mesonFlags:-}; cd build; }
[ -n "${configurePhase:-}" ] || configurePhase=mesonConfigurePhase
[ -n "${buildPhase:-}" ] || buildPhase='ninja -j$NIX_BUILD_CORES'
[ -n "${checkPhase:-}" ] || checkPhase='meson test --no-rebuild --print-errorlogs'
[ -n "${installPhase:-}" ] || installPhase='meson install --no-rebuild'
