"""What a conditional BEGAN-CS is for: one verb of `bench apply` per file."""
