# The programs of `nix run`: the stack, a request, load, and loading the images into a cluster.
{
  lib,
  stdenv,
  bash,
  coreutils,
  curl,
  findutils,
  gnugrep,
  gnused,
  gzip,
  python3,
  util-linux,
  wrk,
  writeShellApplication,
  images,
  jaeger,
  libtrace,
  postgresql,
  services,
  traceview,
}:
let
  app = name: description: runtimeInputs: text: {
    type = "app";
    program = lib.getExe (writeShellApplication {
      inherit name runtimeInputs text;
      meta = { inherit description; };
    });
    meta = { inherit description; };
  };
  tests = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../tests/bench/peers
      ../tests/compare
      ../tests/integration
    ];
  };
  labs = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../k8s
      ../services/labs
      ../services/stack
    ];
  };
  note = "stack: no release of Jaeger is known for ${stdenv.hostPlatform.system}; traceview stands in for it";
in
rec {
  default = stack;
  stack =
    app "stack" "Start a trace backend, order-service and api-gateway; Ctrl-C stops everything"
      (
        [
          bash
          coreutils
          curl
          gnused
          util-linux
          libtrace
          postgresql
          services
          traceview
        ]
        ++ lib.optional (jaeger != null) jaeger
      )
      (
        if jaeger == null then
          ''
            echo "${note}" >&2
            exec bash ${../services/stack/stack.sh} "$@"
          ''
        else
          ''
            STACK_BACKEND=jaeger exec bash ${../services/stack/stack.sh} "$@"
          ''
      );
  request = app "request" "Send one /checkout to the running stack" [ curl ] ''
    exec curl -sS -i "$@" "http://localhost:''${GATEWAY_PORT:-8000}/checkout"
  '';
  load = app "load" "Send /checkout to the running stack for 10 s, 16 at a time" [ wrk ] ''
    exec wrk -t1 -c16 -d10s --timeout 10s "$@" "http://localhost:''${GATEWAY_PORT:-8000}/checkout"
  '';
  lab =
    app "lab" "Start a lab (1 to 8), or check an answer: -- 1 'ANSWER'"
      [
        bash
        coreutils
        curl
        gnused
        python3
        util-linux
        libtrace
        services
        traceview
      ]
      ''
        exec python3 ${labs}/services/labs/lab.py "$@"
      '';
  compare =
    app "compare" "Count the spans that have the right parent, ours and others'"
      [
        bash
        coreutils
        findutils
        gnugrep
        python3
        util-linux
        libtrace
        services
        traceview
      ]
      ''
        export LIBTRACE_BIN=${libtrace}/bin
        exec python3 ${tests}/tests/compare/compare.py --cache "''${XDG_CACHE_HOME:-''${HOME:-/tmp}/.cache}/libtrace-compare" "$@"
      '';
  load-images =
    app "load-images" "Hand the images to docker, podman, kind, minikube or containerd"
      [
        coreutils
        gzip
      ]
      ''
        images=(${images.gateway} ${images.order} ${images.postgres-image} ${images.traceview-image})
        ${builtins.readFile ./load-images.sh}
      '';
}
