"""The application of conditional BEGAN-CS: one operation of `bench apply` per file."""
