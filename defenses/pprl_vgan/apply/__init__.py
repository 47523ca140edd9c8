"""What the authors show that PPRL-VGAN is good for: one verb of `bench apply` per file."""
