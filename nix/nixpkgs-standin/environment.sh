# SPDX-License-Identifier: Apache-2.0
# sets PATH and pkg-config's path to the declared inputs
export HOME=/homeless-shelter TZ=UTC LC_ALL=C SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1}
export PATH= PKG_CONFIG_LIBDIR= LDFLAGS=-Wl,--build-id=none CFLAGS="-O2 -ffile-prefix-map=$NIX_BUILD_TOP=/build"
for p in ${nativeBuildInputs:-} $tools; do PATH=$PATH:$p/bin; done; PATH=${PATH#:}
[ -n "$PATH" ] || PATH=/usr/bin:/bin
for p in ${hostDeps:-}; do PKG_CONFIG_LIBDIR+=:$p/lib/pkgconfig:$p/share/pkgconfig; done
PKG_CONFIG_LIBDIR=${PKG_CONFIG_LIBDIR#:}
for p in ${hostLibs:-} $out; do LDFLAGS+=" -Wl,-rpath,$p/lib"; done
