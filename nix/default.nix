# Every output of the flake for one system, from that system's nixpkgs.
{
  pkgs,
  publishedAt ? null,
  revision ? null,
}:
let
  inherit (pkgs) callPackage lib;
  # Its one place is meson.build.
  version = lib.head (
    builtins.match ".*\n  version: '([0-9.]+)'.*" (builtins.readFile ../meson.build)
  );
  source = import ./source.nix { inherit lib; };
  # Only HTTP, TLS, proxies and gzip are used; the rest would only make the images larger.
  curl = pkgs.curlMinimal.override {
    gssSupport = false;
    http2Support = false;
    scpSupport = false;
  };
  # Without what only Kerberos and OAuth need. Not every nixpkgs knows both.
  libpq = pkgs.libpq.override (
    builtins.intersectAttrs (pkgs.libpq.override.__functionArgs or { }) {
      curlSupport = false;
      gssSupport = false;
    }
  );
  # For a file that returns several packages: without the `override` that callPackage adds.
  callSet =
    file: arguments:
    removeAttrs (callPackage file arguments) [
      "override"
      "overrideDerivation"
    ];
  h2o = callPackage ./h2o.nix { };
  common = {
    inherit
      curl
      h2o
      source
      version
      ;
  };
  libtrace = callPackage ./libtrace.nix common;
  services = callPackage ./services.nix (common // { inherit libpq libtrace; });
  traceview = callPackage ./traceview.nix common;
  jaeger = callPackage ./jaeger.nix { };
  labelsOf = import ./image-labels.nix {
    inherit
      lib
      publishedAt
      revision
      version
      ;
  };
  sbomOf = callPackage ./sbom.nix { };
  images = callSet ./images.nix {
    inherit
      labelsOf
      libtrace
      sbomOf
      services
      traceview
      version
      ;
  };
  agent-image = callPackage ./agent-image {
    inherit
      curl
      labelsOf
      sbomOf
      version
      ;
    libtrace = callPackage ./libtrace.nix (common // { portable = true; });
  };
  programs = {
    inherit
      jaeger
      libtrace
      services
      traceview
      ;
  };
  apps = callSet ./apps.nix (programs // { inherit images; });
  packages = {
    default = services;
    inherit
      agent-image
      h2o
      libtrace
      services
      traceview
      ;
    inherit (images)
      gateway
      order
      postgres-image
      traceview-image
      ;
  }
  // lib.optionalAttrs (jaeger != null) { inherit jaeger; };
  devShell = callPackage ./shell.nix {
    inherit
      curl
      libtrace
      services
      traceview
      ;
  };
  checks = callSet ./checks (common // programs // { inherit agent-image images pkgs; });
in
{
  inherit apps devShell packages;
  # Available by name only.
  others = {
    module-test = callPackage ./module-test.nix { };
  }
  // lib.optionalAttrs (jaeger != null) {
    k3s-test = callPackage ./k3s-test.nix { inherit images jaeger traceview; };
  };
  checks = packages // { inherit devShell; } // checks;
}
