"""Commands for operators of a deployed library: `python -m infra.ops`."""
