"""The metadata store `duckdb`: runs, stages and relations, queried with DuckDB."""
