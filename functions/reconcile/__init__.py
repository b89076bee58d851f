"""reconcile: the bucket, the catalog and the type graph in agreement again, whatever was missed."""
