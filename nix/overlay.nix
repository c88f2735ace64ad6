# For a nixpkgs of the user's own: the same packages, built from it.  h2o stays nixpkgs'; libh2o-evloop,
# which nixpkgs does not have, is what the agent can trace.
final: prev:
let
  project = import ./. { pkgs = final; };
  inherit (project.packages) h2o libtrace services traceview;
  program =
    mainProgram: output:
    output
    // {
      meta = services.meta // {
        inherit mainProgram;
      };
    };
in
{
  libh2o-evloop = h2o;
  libtrace-c = libtrace;
  libtrace-instrument = libtrace;
  api-gateway = program "api-gateway" services.gateway;
  order-service = program "order-service" services.order;
  inherit traceview;
}
