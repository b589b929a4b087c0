-- The tables of a fleet for DuckDB, started in the folder that export --partitioned wrote to.
CREATE VIEW signals AS SELECT * FROM read_parquet('signals/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true);
CREATE VIEW edges AS SELECT * FROM read_parquet('edges/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true);
CREATE VIEW factors AS SELECT * FROM read_parquet('factors/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true);
CREATE VIEW archives AS SELECT * FROM read_parquet('archives/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true);
