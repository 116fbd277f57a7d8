"""What a plugin implements, and every type in those signatures."""
