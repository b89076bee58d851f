"""What goes into the container image of classify."""
