# The container images: one program's closure each, no shell, started through libtrace-instrument, which
# stays as the first process and has libtrace-relay beside it.
# k8s/ uses these names and tags.  localhost/ is no registry: nothing of that name is ever
# pulled from elsewhere.
{
  lib,
  dockerTools,
  libtrace,
  services,
  traceview,
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
      config,
    }:
    let
      closure = contents ++ [
        dockerTools.caCertificates # for export over TLS
        dockerTools.fakeNss
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
      config = config // {
        User = "10001:10001";
        WorkingDir = "/";
        StopSignal = "SIGTERM";
        Env = [
          "HOST=0.0.0.0"
          "LOG_FORMAT=json"
          "PATH=/bin"
          "SSL_CERT_FILE=/etc/ssl/certs/ca-bundle.crt"
        ]
        ++ config.Env or [ ];
        Labels = labelsOf {
          title = name;
          description = title;
        };
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
        Env = [ "OTEL_SERVICE_NAME=${name}" ];
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
      ExposedPorts = {
        "4317/tcp" = { };
        "4318/tcp" = { };
        "16686/tcp" = { };
      };
    };
  };
}
