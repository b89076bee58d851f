"""The benchmark: how fast the functions are, against the plain way of doing the same. `make bench`."""
