"""`tools/dev bench`: what an operation costs here and at a rival, measured in the same run."""
