# The module on NixOS, in a virtual machine: a trace of five spans from three sandboxed services, which are
# still there after a restart.  Needs KVM, so it is no check:
#   nix build .#module-test        (in legacyPackages, which `nix flake check` ignores)
# tests/nix/check-nix.sh runs the same units in a systemd of its own.
{ testers }:
testers.runNixOSTest {
  name = "libtrace-module";
  nodes.machine =
    { config, ... }:
    {
      imports = [ ./module.nix ];
      environment.systemPackages = [ config.services.tracing-demo.traceview.package ];
      services.tracing-demo = {
        enable = true;
        gateway.port = 8080;
        environment.OTEL_BSP_SCHEDULE_DELAY = "500";
      };
    };
  testScript = ''
    def show():
        machine.succeed("traceview show latest --wait 30 --spans 5 >&2")

    for name, port in [("traceview", 16686), ("order", 8001), ("gateway", 8080)]:
        machine.wait_for_unit(f"tracing-demo-{name}")
        machine.wait_for_open_port(port)
    machine.succeed("curl -sSf http://localhost:8080/checkout")
    show()
    machine.succeed("systemctl restart tracing-demo-traceview")
    machine.wait_for_open_port(16686)
    show()
    machine.log(machine.succeed("systemd-analyze security --no-pager tracing-demo-gateway | tail -n 1"))
  '';
}
