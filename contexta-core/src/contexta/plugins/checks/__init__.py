"""What the doctor looks at, one subject for each module; each check returns findings and raises nothing of its own."""
