"""Sample photos, drawn by code: for the demo, and to verify a deployment."""
