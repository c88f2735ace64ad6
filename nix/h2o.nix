# libh2o-evloop alone, shared.  nixpkgs has it static, where a preloaded agent cannot reach it, and
# beside h2o's server, whose perl and OpenSSL programs an image would have to contain.  Here the install
# prefix, which is compiled into the library (H2O_ROOT), has nothing but the library.
{
  h2o,
  cmake,
  ninja,
  openssl,
  pkg-config,
  zlib,
}:
h2o.overrideAttrs (prev: {
  pname = "libh2o-evloop";
  outputs = [
    "out"
    "dev"
  ];
  nativeBuildInputs = [
    cmake
    ninja
    pkg-config
  ];
  buildInputs = [
    openssl
    zlib
  ];
  cmakeFlags = [
    "-DBUILD_SHARED_LIBS=ON"
    "-DDISABLE_LIBUV=ON"
    "-DWITH_IO_URING=OFF"
    "-DWITH_MRUBY=OFF"
  ];
  ninjaFlags = [ "libh2o-evloop" ];
  # Its own installation requires the server too.
  installPhase = ''
    runHook preInstall
    mkdir -p "$out/lib" "$dev/include" "$dev/lib/pkgconfig"
    cp -a libh2o-evloop.so* "$out/lib/"
    cp -r ../include/. ../deps/picotls/include/. ../deps/quicly/include/. "$dev/include/"
    sed "s|^includedir=.*|includedir=$dev/include|" libh2o-evloop.pc >"$dev/lib/pkgconfig/libh2o-evloop.pc"
    runHook postInstall
  '';
  postInstall = "";
  disallowedReferences = [
    openssl.bin
    openssl.dev
  ];
  passthru = { };
  meta = removeAttrs prev.meta [ "mainProgram" ] // {
    description = "HTTP/1 and HTTP/2 server library with its own event loop, shared";
    outputsToInstall = [ "out" ];
  };
})
