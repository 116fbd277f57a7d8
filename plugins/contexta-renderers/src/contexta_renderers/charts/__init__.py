"""Figures as geometry: what stands where, before anything is written."""
