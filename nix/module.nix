# The demo as services of NixOS: traceview, order-service and api-gateway, each in a sandbox of systemd's.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.tracing-demo;
  ours = import ./overlay.nix pkgs pkgs;

  environment = lib.mkOption {
    type = lib.types.attrsOf lib.types.str;
    default = { };
    description = "Settings of this service alone; they win over those of services.tracing-demo.environment.";
  };
  package =
    default:
    lib.mkOption {
      type = lib.types.package;
      inherit default;
      defaultText = "this flake's";
      description = "Where the program is taken from.";
    };
  host =
    what:
    lib.mkOption {
      type = lib.types.str;
      default = "127.0.0.1";
      example = "0.0.0.0";
      description = "Address that ${what} listens on.";
    };
  port =
    default: what:
    lib.mkOption {
      type = lib.types.port;
      inherit default;
      description = "TCP port of ${what}.";
    };

  # Libtrace needs of it: AF_UNIX and memfd for the relay, which is in the service's control group.
  sandbox = {
    CapabilityBoundingSet = "";
    DynamicUser = true;
    LockPersonality = true;
    MemoryDenyWriteExecute = true;
    NoNewPrivileges = true;
    PrivateDevices = true;
    PrivateTmp = true;
    PrivateUsers = true;
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectHome = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectProc = "invisible";
    ProtectSystem = "strict";
    RemoveIPC = true;
    RestrictAddressFamilies = [
      "AF_INET"
      "AF_INET6"
      "AF_UNIX"
    ];
    RestrictNamespaces = true;
    RestrictRealtime = true;
    RestrictSUIDSGID = true;
    SystemCallArchitectures = "native";
    SystemCallErrorNumber = "EPERM";
    SystemCallFilter = [
      "@system-service"
      "~@privileged"
    ];
    UMask = "0077";
  };

  service =
    {
      description,
      command,
      settings,
      own,
      after ? [ ],
      more ? { },
    }:
    {
      inherit description;
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ] ++ after;
      wants = after;
      environment = settings // cfg.environment // own;
      serviceConfig =
        sandbox
        // {
          ExecStart = command;
          Restart = "on-failure";
          # DRAIN_TIMEOUT_MS and OTEL_C_EXIT_TIMEOUT, with room.
          TimeoutStopSec = 35;
        }
        // lib.optionalAttrs (cfg.environmentFile != null) { EnvironmentFile = cfg.environmentFile; }
        // more;
    };

  backend = lib.optional cfg.traceview.enable "tracing-demo-traceview.service";
  exportTo = lib.optionalAttrs cfg.traceview.enable {
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:${toString cfg.traceview.otlpPort}";
  };
  launcher = "${cfg.package}/bin/libtrace-instrument";
  order = "${cfg.order.package}/bin/${cfg.order.program}";
in
{
  options.services.tracing-demo = {
    enable = lib.mkEnableOption "the tracing demo: api-gateway, order-service and their trace backend";
    package = package ours.libtrace-instrument;
    environment = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      example = {
        OTEL_TRACES_SAMPLER = "parentbased_traceidratio";
        OTEL_TRACES_SAMPLER_ARG = "0.1";
      };
      description = "Settings of all three services: OTEL_* and what their --help lists.";
    };
    environmentFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "/run/secrets/otel.env";
      description = "File of further settings that are to stay out of the store, such as OTEL_EXPORTER_OTLP_HEADERS.";
    };
    openFirewall = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether the gateway's and the page's port are open to others; `host` must let them in, too.";
    };
    gateway = {
      package = package ours.api-gateway;
      host = host "api-gateway";
      port = port 8000 "api-gateway";
      inherit environment;
    };
    order = {
      package = package ours.order-service;
      program = lib.mkOption {
        type = lib.types.enum [
          "order-service"
          "order-service-custom"
          "order-service-manual"
        ];
        default = "order-service-custom";
        description = "The variant: traced without code, with spans of its own as well, or by hand.";
      };
      port = port 8001 "order-service, on the loopback";
      inherit environment;
    };
    traceview = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = "Whether the trace backend is this machine's traceview; without it, set OTEL_EXPORTER_OTLP_ENDPOINT.";
      };
      package = package ours.traceview;
      host = host "traceview";
      port = port 16686 "the page and the query API";
      otlpPort = port 4318 "OTLP over HTTP";
      grpcPort = port 4317 "OTLP over gRPC";
      inherit environment;
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.tracing-demo-gateway = service {
      description = "api-gateway of the tracing demo";
      after = backend ++ [ "tracing-demo-order.service" ];
      command = "${launcher} ${cfg.gateway.package}/bin/api-gateway";
      settings = exportTo // {
        HOST = cfg.gateway.host;
        ORDER_SERVICE_URL = "http://localhost:${toString cfg.order.port}";
        OTEL_SERVICE_NAME = "api-gateway";
        PORT = toString cfg.gateway.port;
      };
      own = cfg.gateway.environment;
    };
    systemd.services.tracing-demo-order = service {
      description = "order-service of the tracing demo";
      after = backend;
      command = if cfg.order.program == "order-service-manual" then order else "${launcher} ${order}";
      settings = exportTo // {
        OTEL_SERVICE_NAME = "order-service";
        PORT = toString cfg.order.port;
      };
      own = cfg.order.environment;
    };
    systemd.services.tracing-demo-traceview = lib.mkIf cfg.traceview.enable (service {
      description = "trace backend of the tracing demo";
      command = "${cfg.traceview.package}/bin/traceview serve";
      settings = {
        HOST = cfg.traceview.host;
        TRACEVIEW_GATEWAY = "http://localhost:${toString cfg.gateway.port}";
        TRACEVIEW_GRPC_PORT = toString cfg.traceview.grpcPort;
        TRACEVIEW_LOAD = "%S/tracing-demo-traceview/traces.jsonl.gz";
        TRACEVIEW_OTLP_PORT = toString cfg.traceview.otlpPort;
        TRACEVIEW_SAVE = "%S/tracing-demo-traceview/traces.jsonl.gz";
        TRACEVIEW_UI_PORT = toString cfg.traceview.port;
      };
      own = cfg.traceview.environment;
      more.StateDirectory = "tracing-demo-traceview";
    });
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall (
      [ cfg.gateway.port ] ++ lib.optional cfg.traceview.enable cfg.traceview.port
    );
  };
}
