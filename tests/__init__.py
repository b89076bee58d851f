"""unit: no sockets. contract: one suite a port, run against the fake and every real adapter. e2e: the local cloud."""
