"""Contexta's stock report renderers."""
