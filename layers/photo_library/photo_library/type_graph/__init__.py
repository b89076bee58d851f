"""The type graph: photos and their types in TigerGraph, derived from the catalog."""
