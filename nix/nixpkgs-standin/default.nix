# `import nixpkgs { }` for machines that cannot fetch nixpkgs. Needs `sandbox = false`.
{ system ? "x86_64-linux", overlays ? [ ], config ? { } }:
let
  lib = import ./lib.nix;
  # stdenv.mkDerivation: finalAttrs functions, overrideAttrs, outputs, passthru and meta as in nixpkgs
  make = f:
    let
      self = f (self // { finalPackage = drv; });
      a = removeAttrs self [ "meta" "passthru" "env" "buildInputs" "propagatedBuildInputs" "checkInputs" "nativeCheckInputs" "inputsFrom" "overrideAttrs" ];
      name = self.name or "${self.pname}-${self.version}";
      d = derivation ((self.env or { }) // a // {
        inherit name system; outputs = self.outputs or [ "out" ];
        builder = "/bin/bash";
        args = [ "-e" ./setup.sh ];
        stdenv = ./stdenv;
        tools = self.tools or pkgs.stdenvTools;
        hostDeps = map lib.getDev ((self.buildInputs or [ ]) ++ (self.propagatedBuildInputs or [ ])
          ++ lib.optionals (self.doCheck or false) (self.checkInputs or [ ]));
        hostLibs = map lib.getLib (self.buildInputs or [ ]);
        nativeBuildInputs = map lib.getBin ((self.nativeBuildInputs or [ ])
          ++ lib.optionals (self.doCheck or false) (self.nativeCheckInputs or [ ]));
      });
      drv = d // (self.passthru or { }) // {
        inherit name; meta = self.meta or { }; override = _: drv;
        inputs = { build = self.buildInputs or [ ]; native = self.nativeBuildInputs or [ ]; };
        pname = self.pname or name; version = self.version or "";
        overrideAttrs = g: make (fin: let prev = f fin; r = g prev; in
          prev // (if builtins.isFunction r then g fin prev else r));
      };
    in drv;
  mkDerivation = x: make (if builtins.isFunction x then x else _: x);
  # a package of links to files that Debian packages installed: programs (debs) and pkg-config modules (pcs)
  deb = pname: { debs ? [ ], pcs ? [ ], more ? "", outputs ? [ "out" ] }: make (_: {
    inherit pname outputs debs pcs more; version = "debian"; tools = ""; buildCommand = ". ${./deb.sh}";
    meta.mainProgram = pname;
  });
  runCommand = name: env: buildCommand: mkDerivation ({ inherit name buildCommand; } // env);
  writeText = name: text: runCommand name { inherit text; passAsFile = [ "text" ]; } ''cp "$textPath" "$out"'';
  pkgs = builtins.foldl' (prev: o: prev // o pkgs prev) base overlays // {
    inherit pkgs; extend = o: import ./. { inherit system config; overlays = overlays ++ [ o ]; };
  };
  base = rec {
    inherit lib runCommand writeText system;
    stdenv = { inherit mkDerivation; hostPlatform = { inherit system; isLinux = true; }; };
    stdenvNoCC = stdenv;
    callPackage = f: args:
      let
        g = if builtins.isFunction f then f else import f;
        made = g (builtins.intersectAttrs (builtins.functionArgs g) pkgs // args);
      in if builtins.isAttrs made then made // { override = made.override or (_: made); overrideDerivation = _: made; } else made;
    # `nix develop` reads $stdenv/setup, as it does for a package
    mkShell = { packages ? [ ], inputsFrom ? [ ], ... }@args: mkDerivation (removeAttrs args [ "packages" "inputsFrom" ] // {
      name = "nix-shell";
      nativeBuildInputs = packages ++ builtins.concatMap (p: p.inputs.native) inputsFrom;
      buildInputs = packages ++ builtins.concatMap (p: p.inputs.build) inputsFrom;
      buildCommand = "export >$out";
    });
    stdenvTools = deb "stdenv" {
      debs = [ "coreutils" "bash" "dash" "findutils" "diffutils" "sed" "grep" "mawk" "tar" "gzip" "bzip2" "xz-utils" "make" "patch"
        "file" "patchelf" "binutils-x86-64-linux-gnu" "binutils" "gcc" "gcc-12" "cpp" "cpp-12" "libc-bin" ];
      more = "ln -s /usr/bin/gcc $out/bin/cc; ln -s /usr/bin/mawk $out/bin/awk";
    };
    link = libs: "mkdir -p \${lib:-$out}/lib; ln -s /usr/lib/x86_64-linux-gnu/${libs} \${lib:-$out}/lib/";
    bash = deb "bash" { debs = [ "bash" ]; };
    bashInteractive = bash;
    runtimeShell = "${bash}/bin/bash";
    coreutils = deb "coreutils" { debs = [ "coreutils" ]; };
    curl = deb "curl" { debs = [ "curl" ]; pcs = [ "libcurl" ]; outputs = [ "bin" "dev" "out" ]; more = link "libcurl.so.4"; };
    curlMinimal = curl;
    binutils-unwrapped = deb "binutils" { debs = [ "binutils-x86-64-linux-gnu" "binutils" ]; };
    clang-tools = deb "clang-tools" { debs = [ "clang-format-14" ]; more = "ln -s /usr/bin/clang-format-14 $out/bin/clang-format"; };
    cmake = deb "cmake" { };
    findutils = deb "findutils" { debs = [ "findutils" ]; };
    gnugrep = deb "gnugrep" { debs = [ "grep" ]; };
    gnused = deb "gnused" { debs = [ "sed" ]; };
    gzip = deb "gzip" { debs = [ "gzip" ]; };
    patchelf = deb "patchelf" { debs = [ "patchelf" ]; };
    perl = deb "perl" { };
    util-linux = deb "util-linux" { debs = [ "util-linux" "mount" ]; };
    wrk = deb "wrk" { debs = [ "wrk" ]; };
    # Debian has none: prints that and finds nothing
    nixfmt = deb "nixfmt" { more = "printf '#!/bin/sh\necho stand-in: no nixfmt on Debian, nothing looked at >&2\n' >$out/bin/nixfmt; chmod +x $out/bin/nixfmt"; };
    nixfmt-tree = nixfmt;
    cacert = runCommand "cacert" { } "mkdir -p $out/etc/ssl/certs; cp /etc/ssl/certs/ca-certificates.crt $out/etc/ssl/certs/ca-bundle.crt";
    jq = deb "jq" { debs = [ "jq" ]; };
    shellcheck = deb "shellcheck" { debs = [ "shellcheck" ]; };
    python3 = deb "python3" { debs = [ "python3-minimal" ]; };
    ninja = deb "ninja" { debs = [ "ninja-build" ]; };
    pkg-config = deb "pkg-config" { debs = [ "pkgconf-bin" "pkg-config" "pkgconf" ]; };
    meson = deb "meson" { debs = [ "meson" ]; more = "mkdir $out/nix-support; cp ${./meson-hook.sh} $out/nix-support/setup-hook"; };
    removeReferencesTo = deb "remove-references-to" { more = "install -m755 ${./remove-references-to.sh} $out/bin/remove-references-to"; };
    check = deb "check" { debs = [ "check" ]; pcs = [ "check" ]; };
    jansson = deb "jansson" { pcs = [ "jansson" ]; outputs = [ "dev" "out" ]; };
    libpq = deb "libpq" { pcs = [ "libpq" ]; outputs = [ "out" "dev" ]; };
    libyaml = deb "libyaml" { pcs = [ "yaml-0.1" ]; outputs = [ "out" "dev" ]; more = link "libyaml-0.so*"; };
    nghttp2 = deb "nghttp2" { pcs = [ "libnghttp2" ]; outputs = [ "dev" "out" ]; };
    zstd = deb "zstd" { pcs = [ "libzstd" ]; outputs = [ "dev" "out" ]; };
    h2o = deb "h2o" { pcs = [ "libh2o-evloop" ]; outputs = [ "out" "man" "dev" "lib" ]; more = link "libh2o-evloop.so*"; };
    musl = deb "musl" { debs = [ "musl-tools" ]; };
    openssl = deb "openssl" { debs = [ "openssl" ]; pcs = [ "openssl" "libssl" "libcrypto" ]; outputs = [ "bin" "dev" "out" ]; };
    # libraries for JIT are of LLVM, 100 MB
    postgresql = deb "postgresql" { more = ''
      ln -s /usr/lib/postgresql/*/bin/* $out/bin/; mkdir -p $out/lib $out/share/postgresql
      ln -s /usr/lib/postgresql/*/lib/*.so $out/lib/; rm -f $out/lib/llvmjit*
      cp -rs /usr/share/postgresql/*/. $out/share/postgresql/; rm -rf $out/share/postgresql/man''; };
    sqlite = deb "sqlite" { pcs = [ "sqlite3" ]; outputs = [ "bin" "dev" "out" ]; };
    zlib = deb "zlib" { pcs = [ "zlib" ]; outputs = [ "out" "dev" ]; };
    # nothing is downloaded: the file comes from ./fetch, named by the last part of its URL; the hash is not checked
    fetchurl = { url, hash ? "", sha256 ? "", name ? baseNameOf url }:
      runCommand name { } ''. ${./fetch}/${name}.sh'';
    writeShellApplication = { name, text, runtimeInputs ? [ ], runtimeEnv ? { }, meta ? { }, passthru ? { }, excludeShellChecks ? [ ] }:
      runCommand name {
        inherit passthru; meta = { mainProgram = name; } // meta; passAsFile = [ "script" ];
        script = ''
          #!${runtimeShell}
          set -o errexit -o nounset -o pipefail
          ${lib.concatStringsSep "\n" (builtins.attrValues (builtins.mapAttrs (k: v: "export ${k}='${toString v}'") runtimeEnv))}
          export PATH="${lib.makeBinPath runtimeInputs}:$PATH"
          ${text}'';
      } ''
        install -Dm755 "$scriptPath" $out/bin/${name}
        ${shellcheck}/bin/shellcheck ${lib.optionalString (excludeShellChecks != [ ]) "-e ${lib.concatStringsSep "," excludeShellChecks}"} $out/bin/${name}
      '';
    # registration alone: path, hash, size, an empty line, how many it needs, and those
    closureInfo = { rootPaths }: derivation {
      name = "closure-info"; inherit system; __structuredAttrs = true; exportReferencesGraph.closure = rootPaths;
      builder = "/bin/bash";
      args = [ "-ec" ''
        . "$NIX_ATTRS_SH_FILE"; export PATH=/usr/bin:/bin; mkdir "''${outputs[out]}"
        jq -r '.closure | map([.path, .narHash, .narSize, "", (.references | length)] + .references) | .[] | .[]' \
          <"$NIX_ATTRS_JSON_FILE" >"''${outputs[out]}/registration"'' ];
    };
    dockerTools = rec {
      fakeNss = nssWith { };
      nssWith = { extraPasswdLines ? [ ], extraGroupLines ? [ ] }: runCommand "fake-nss" { } ''
        mkdir -p $out/etc $out/var/empty
        printf '%s\n' 'root:x:0:0:root user:/var/empty:/bin/sh' ${lib.escapeShellArgs extraPasswdLines} \
          'nobody:x:65534:65534:nobody:/var/empty:/bin/sh' > $out/etc/passwd
        printf '%s\n' root:x:0: ${lib.escapeShellArgs extraGroupLines} nobody:x:65534: > $out/etc/group
        echo 'hosts: files dns' > $out/etc/nsswitch.conf'' // { override = nssWith; };
      binSh = runCommand "bin-sh" { } "mkdir -p $out/bin; ln -s ${bash}/bin/bash $out/bin/sh";
      caCertificates = runCommand "ca-certificates" { } ''
        mkdir -p $out/etc/ssl/certs
        ln -s /etc/ssl/certs/ca-certificates.crt $out/etc/ssl/certs/ca-bundle.crt
        ln -s /etc/ssl/certs/ca-certificates.crt $out/etc/ssl/certs/ca-certificates.crt'';
      buildLayeredImage = { name, tag ? null, contents ? [ ], config ? { }, architecture ? "amd64", created ? "1970-01-01T00:00:01Z"
        , maxLayers ? 100, extraCommands ? "", fakeRootCommands ? "", passthru ? { }, meta ? { } }:
        let
          roots = if builtins.isList contents then contents else [ contents ];
          conf = writeText "${baseNameOf name}-conf.json" (builtins.toJSON { inherit name tag config architecture created; contents = map toString roots; });
        in runCommand "${baseNameOf name}.tar.gz" {
          inherit meta; passthru = { imageName = name; imageTag = if tag == null then "latest" else tag; } // passthru;
          exportReferencesGraph = [ "graph" conf ];
        } ''
          mkdir old_out; (cd old_out; ${extraCommands})
          /usr/bin/python3 ${./image.py} ${conf} graph $out old_out'';
    };
  };
in pkgs
