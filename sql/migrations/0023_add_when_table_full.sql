-- What a node does whose call table is full of ended calls that nobody writes.

CREATE TYPE when_table_full AS ENUM ('refuse', 'drop_records');
COMMENT ON TYPE when_table_full IS 'A full call table: new calls are refused, or records of ended calls that wait are dropped and counted.';

ALTER TABLE plan_settings ADD COLUMN when_table_full when_table_full NOT NULL DEFAULT 'refuse';
COMMENT ON COLUMN plan_settings.when_table_full IS 'What a node does whose call table is full.';
