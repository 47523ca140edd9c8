"""Controls of the attackers: a known secret that must be found, and labels that nobody can tell."""
