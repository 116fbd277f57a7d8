"""Contexta in notebooks."""
