"""The `contexta` command."""
