"""Networks and their training, shared by defenses and attackers."""
