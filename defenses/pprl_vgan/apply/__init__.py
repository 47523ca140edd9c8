"""The authors' applications of PPRL-VGAN: one operation of `bench apply` per file."""
