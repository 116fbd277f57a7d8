"""The stock interpretation services, one sub-package and one entry point each."""
