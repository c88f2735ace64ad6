# The units of the NixOS module, as files: every option is evaluated.  `pkgs.nixos` would add all of NixOS to that.
{
  lib,
  pkgs,
  runCommand,
  writeText,
}:
let
  evaluated =
    settings:
    (lib.evalModules {
      specialArgs = { inherit pkgs; };
      modules = [
        ./nixos-options.nix
        ../module.nix
        { services.tracing-demo = settings; }
      ];
    }).config;
  on = evaluated {
    enable = true;
    openFirewall = true;
    environment.OTEL_BSP_SCHEDULE_DELAY = "500";
    gateway.port = 18000;
    order.port = 18001;
    traceview = {
      port = 17686;
      otlpPort = 15318;
      grpcPort = 15317;
      environment.LOG_FORMAT = "json";
    };
  };
  off = evaluated { };
  alone = evaluated {
    enable = true;
    traceview.enable = false;
    order.program = "order-service-manual";
    environmentFile = "/run/secrets/otel.env";
  };
  lines = name: value: map (one: "${name}=${one}") (lib.toList value);
  text =
    value:
    if value == true || value == false then
      lib.boolToString value
    else if lib.isList value then
      map toString value
    else
      toString value;
  unit =
    service:
    lib.concatStringsSep "\n" (
      [ "[Unit]" ]
      ++ lines "Description" service.description
      ++ lines "After" service.after
      ++ lines "Wants" service.wants
      ++ [ "[Service]" ]
      ++ lib.mapAttrsToList (name: value: "Environment=\"${name}=${value}\"") service.environment
      ++ lib.concatLists (lib.mapAttrsToList (name: value: lines name (text value)) service.serviceConfig)
      ++ [ "[Install]" ]
      ++ lines "WantedBy" service.wantedBy
      ++ [ "" ]
    );
  units =
    config:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList (
        name: service: "cp ${writeText "${name}.service" (unit service)} ${name}.service"
      ) config.systemd.services
    );
in
runCommand "check-module" { } ''
  mkdir -p "$out/on" "$out/off" "$out/alone"
  cd "$out/on"
  ${units on}
  cd "$out/off"
  ${units off}
  cd "$out/alone"
  ${units alone}
  cd "$out"
  echo ${toString on.networking.firewall.allowedTCPPorts} >ports
  bash ${./module.sh}
''
