"""Contexta over HTTP."""
