# The container images: one program's closure each, no shell, started through libtrace-instrument, which
# stays as the first process and has libtrace-relay beside it. PostgreSQL's has a shell, which its initdb needs.
# k8s/ uses these names and tags.  localhost/ is no registry: nothing of that name is ever
# pulled from elsewhere.
{
  lib,
  coreutils,
  dockerTools,
  libtrace,
  postgresql,
  services,
  traceview,
  writeShellApplication,
  version,
  labelsOf,
  sbomOf,
}:
let
  image =
    {
      name,
      title,
      contents,
      nss ? dockerTools.fakeNss,
      config,
    }:
    let
      closure = contents ++ [
        dockerTools.caCertificates # for export over TLS
        nss
      ];
      # In the image as /share/sbom/NAME.cdx.json, by itself as `nix build .#gateway.sbom`.
      sbom = sbomOf {
        inherit name version;
        contents = closure;
      };
    in
    dockerTools.buildLayeredImage {
      name = "localhost/libtrace/${name}";
      tag = version;
      contents = closure ++ [ sbom ];
      config = {
        User = "10001:10001";
        WorkingDir = "/";
        StopSignal = "SIGTERM";
        Labels = labelsOf {
          title = name;
          description = title;
        };
      }
      // config
      // {
        Env = [
          "PATH=/bin"
          "SSL_CERT_FILE=/etc/ssl/certs/ca-bundle.crt"
        ]
        ++ config.Env or [ ];
      };
      meta = {
        description = "Container image: ${title}";
        license = lib.licenses.asl20;
        platforms = lib.platforms.linux;
      };
    }
    // {
      inherit sbom;
    };
  serving = [
    "HOST=0.0.0.0"
    "LOG_FORMAT=json"
  ];
  traced =
    {
      name,
      title,
      program,
      programs,
      port,
    }:
    image {
      inherit name title;
      contents = [
        libtrace
        programs
      ];
      config = {
        Entrypoint = [ "libtrace-instrument" ];
        Cmd = [ program ];
        Env = serving ++ [ "OTEL_SERVICE_NAME=${name}" ];
        ExposedPorts."${toString port}/tcp" = { };
      };
    };
in
{
  gateway = traced {
    name = "api-gateway";
    title = "Entry of the shop: GET /checkout, traced without a line of tracing code";
    program = "api-gateway";
    programs = services.gateway;
    port = 8000;
  };
  # Commands: order-service, order-service-custom; order-service-manual must be the entry point.
  order = traced {
    name = "order-service";
    title = "Orders of the shop: POST /orders, traced without code, with spans of its own, or by hand";
    program = "order-service";
    programs = services.order;
    port = 8001;
  };
  traceview-image = image {
    name = "traceview";
    title = "Trace backend: OTLP on 4318 (HTTP) and 4317 (gRPC), Jaeger's query API and a page on 16686";
    contents = [ traceview ];
    config = {
      Entrypoint = [ "traceview" ];
      Cmd = [ "serve" ];
      Env = serving;
      ExposedPorts = {
        "4317/tcp" = { };
        "4318/tcp" = { };
        "16686/tcp" = { };
      };
    };
  };
  postgres-image = image {
    name = "postgres";
    title = "PostgreSQL for the shop's orders: makes a database on an empty volume";
    contents = [
      postgresql
      (writeShellApplication {
        name = "postgres-start";
        runtimeInputs = [
          coreutils
          postgresql
        ];
        text = builtins.readFile ./postgres-start.sh;
      })
      dockerTools.binSh # initdb runs postgres by it
    ];
    # Who has no name cannot run initdb.
    nss = dockerTools.fakeNss.override {
      extraPasswdLines = [ "postgres:x:10001:10001:PostgreSQL:/var/lib/postgresql:/bin/sh" ];
      extraGroupLines = [ "postgres:x:10001:" ];
    };
    config = {
      Entrypoint = [ "postgres-start" ];
      StopSignal = "SIGINT"; # ends its sessions; SIGTERM would wait for them
      Env = [
        "PGDATA=/var/lib/postgresql/data"
        "PGHOST=/run/postgresql" # where its socket is: a volume, as PGDATA's folder
      ];
      ExposedPorts."5432/tcp" = { };
    };
  };
}
