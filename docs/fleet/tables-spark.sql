-- The tables of a fleet for spark-sql, started in the folder that export --partitioned wrote to.
CREATE TEMPORARY VIEW signals USING parquet OPTIONS (path 'signals');
CREATE TEMPORARY VIEW edges USING parquet OPTIONS (path 'edges');
CREATE TEMPORARY VIEW factors USING parquet OPTIONS (path 'factors');
CREATE TEMPORARY VIEW archives USING parquet OPTIONS (path 'archives');
