"""Tables in files, read row by row: CSV, TSV, JSON Lines and Parquet."""
