-- The tables of a fleet for datafusion-cli, started in the folder that export --partitioned wrote to.
CREATE EXTERNAL TABLE signals STORED AS PARQUET PARTITIONED BY (cluster, day) LOCATION 'signals/';
CREATE EXTERNAL TABLE edges STORED AS PARQUET PARTITIONED BY (cluster, day) LOCATION 'edges/';
CREATE EXTERNAL TABLE factors STORED AS PARQUET PARTITIONED BY (cluster, day) LOCATION 'factors/';
CREATE EXTERNAL TABLE archives STORED AS PARQUET PARTITIONED BY (cluster, day) LOCATION 'archives/';
