"""Image forensics: features, cross-validation, two-sample test, memorization, duplicates."""
