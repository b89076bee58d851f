"""The ingest queue between the bucket and classify."""
