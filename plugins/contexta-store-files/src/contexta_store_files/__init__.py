"""The artifact store `files`: content-addressed files in the workspace."""
