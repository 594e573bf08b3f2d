-- When a partition may be used, its floor of quality, and weights.

ALTER TABLE partition
    ADD COLUMN scheduled boolean NOT NULL DEFAULT false,
    ADD COLUMN schedule_time_zone text COLLATE "C" CHECK (schedule_time_zone <> ''),
    ADD COLUMN min_quality integer;
COMMENT ON COLUMN partition.scheduled IS 'Whether it may be used at the times of partition_window only (at none, if it has no window); false: always.';
COMMENT ON COLUMN partition.schedule_time_zone IS 'IANA time zone of the windows; NULL: UTC.';
COMMENT ON COLUMN partition.min_quality IS 'Lowest quality score of a route, equality passes; NULL: none.';

ALTER TABLE partition_member ADD COLUMN weight bigint CHECK (weight BETWEEN 0 AND 4294967295);
COMMENT ON COLUMN partition_member.weight IS 'Its share in weighted draws; NULL: 1. 0 comes last.';

CREATE TABLE partition_window (
    partition plan_id NOT NULL REFERENCES partition,
    position integer NOT NULL CHECK (position >= 1),
    days smallint NOT NULL CHECK (days BETWEEN 0 AND 127),
    month_days integer NOT NULL CHECK (month_days >= 0),
    months smallint NOT NULL CHECK (months BETWEEN 0 AND 4095),
    from_sec integer NOT NULL CHECK (from_sec BETWEEN 0 AND 86399),
    until_sec integer NOT NULL CHECK (until_sec BETWEEN 0 AND 86400),
    PRIMARY KEY (partition, position)
);
COMMENT ON TABLE partition_window IS 'A part of the day on some days at which the partition holds. The day on which it began must be one of days and of month_days, in one of months.';
COMMENT ON COLUMN partition_window.partition IS 'The partition.';
COMMENT ON COLUMN partition_window.position IS 'Place in the list, from 1.';
COMMENT ON COLUMN partition_window.days IS 'Days of the week, a bit each: 1 is Monday, 64 Sunday.';
COMMENT ON COLUMN partition_window.month_days IS 'Days of the month, a bit each: 1 is the 1st.';
COMMENT ON COLUMN partition_window.months IS 'Months, a bit each: 1 is January.';
COMMENT ON COLUMN partition_window.from_sec IS 'Second of the day at which it begins, by the wall clock.';
COMMENT ON COLUMN partition_window.until_sec IS 'Second of the day at which it ends; before from_sec: on the next day; equal: 24 hours.';
