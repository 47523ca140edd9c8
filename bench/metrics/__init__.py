"""Numbers made of answers: pure functions `Answers -> Estimate`, no torch."""
