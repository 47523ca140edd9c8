"""Controls of attackers: a known secret that must be found, labels that cannot be predicted."""
