"""search: an HTTP request in; photos, types or a problem out."""
