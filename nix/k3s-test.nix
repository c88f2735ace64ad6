# The manifests on a real Kubernetes (k3s in a NixOS virtual machine), with the images as Nix builds
# them and Jaeger's release under the name that the manifests use.  Needs KVM, so it is no check:
#   nix build .#k3s-test        (in legacyPackages, which `nix flake check` ignores)
{
  dockerTools,
  testers,
  images,
  jaeger,
  traceview,
}:
let
  jaeger-image = dockerTools.buildLayeredImage {
    name = "jaegertracing/jaeger";
    tag = jaeger.version;
    contents = [ jaeger ];
    config = {
      Entrypoint = [ "/bin/jaeger" ];
      Env = [ "JAEGER_LISTEN_HOST=0.0.0.0" ];
      User = "10001:10001";
    };
    extraCommands = "mkdir -m 1777 tmp";
  };
in
testers.runNixOSTest {
  name = "libtrace-k3s";
  nodes.machine =
    { config, ... }:
    {
      virtualisation = {
        cores = 2;
        diskSize = 8192;
        memorySize = 4096;
      };
      environment.systemPackages = [ traceview ];
      services.k3s = {
        enable = true;
        role = "server";
        extraFlags = [
          "--disable local-storage"
          "--disable metrics-server"
          "--disable servicelb"
          "--disable traefik"
        ];
        images = [
          config.services.k3s.package.airgap-images
          images.gateway
          images.order
          jaeger-image
        ];
      };
    };
  testScript = ''
    def checkout(spans):
        machine.succeed("curl -sSf http://localhost:8000/checkout")
        machine.succeed(f"traceview show latest --url http://localhost:16686 --wait 60 --spans {spans} >&2")

    machine.wait_for_unit("k3s")
    machine.wait_until_succeeds("k3s kubectl get serviceaccount default", timeout=300)
    machine.succeed("k3s kubectl apply -f ${../k8s}")
    for name in ["jaeger", "order-service", "api-gateway"]:
        machine.succeed(f"k3s kubectl -n tracing-demo rollout status deployment/{name} --timeout=300s")
    for name, port in [("api-gateway", 8000), ("jaeger", 16686)]:
        machine.execute(f"k3s kubectl -n tracing-demo port-forward service/{name} {port} >&2 &")
        machine.wait_for_open_port(port)

    checkout(spans=3)
    machine.succeed("k3s kubectl -n tracing-demo set env deployment/order-service ORDER_PROGRAM=order-service-custom")
    machine.succeed("k3s kubectl -n tracing-demo rollout status deployment/order-service --timeout=300s")
    # Its predecessor answers for 10 s more.
    pods = "k3s kubectl -n tracing-demo get pods -l app.kubernetes.io/name=order-service -o name"
    machine.wait_until_succeeds(f"test $({pods} | wc -l) = 1")
    checkout(spans=5)
  '';
}
