"""Run the stand-in as a process: prints "listening on PORT". The secret is the variable TIGERGRAPH_SECRET."""

import os

from infra.local.processes import hold_lifeline
from infra.local.tigergraph.server import StandIn, serve

if __name__ == "__main__":
    hold_lifeline()
    server = serve(StandIn(os.environ["TIGERGRAPH_SECRET"]))
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
