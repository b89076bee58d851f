"""The local cloud: template.yaml, running on this machine, with real parts wherever there are any."""
