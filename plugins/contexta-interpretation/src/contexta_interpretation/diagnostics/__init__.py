"""The diagnostics service, and its checks, as plugins of their own."""
