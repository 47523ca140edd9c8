"""Networks and their training: architecture parts, never a method."""
