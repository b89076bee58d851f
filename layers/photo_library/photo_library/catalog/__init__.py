"""The catalog: the collection `photos` in MongoDB, which is the truth about every photo."""
