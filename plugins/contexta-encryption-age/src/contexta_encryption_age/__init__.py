"""Encryption of backups with age."""
