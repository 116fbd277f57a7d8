"""Curating runs through the dashboard: asked about on a page of its own, done by the curation of the workspace."""
