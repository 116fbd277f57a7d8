"""Reading workspaces of version 1.0.0."""
