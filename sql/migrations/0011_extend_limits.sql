-- Caps of every owner: minutes a month and spend a day as columns, counts of calls as a table for each owner.
-- A period is one of the owner's time zone.

ALTER TABLE account
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN account.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN account.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';

ALTER TABLE trunk
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN trunk.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN trunk.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';

ALTER TABLE provider
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN provider.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN provider.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';

ALTER TABLE route
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN route.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN route.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';

ALTER TABLE gateway
    ADD COLUMN cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    ADD COLUMN cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    ADD COLUMN concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295),
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN gateway.cps_milli IS 'Most calls a second, in thousandths; NULL: no limit.';
COMMENT ON COLUMN gateway.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN gateway.concurrent_calls_max IS 'Most concurrent calls, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN gateway.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN gateway.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';

ALTER TABLE partition
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN partition.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN partition.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';

ALTER TABLE partition_member
    ADD COLUMN cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    ADD COLUMN cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    ADD COLUMN concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295),
    ADD COLUMN minutes_per_month_max bigint CHECK (minutes_per_month_max BETWEEN 0 AND 4294967295),
    ADD COLUMN spend_per_day_max_nano bigint CHECK (spend_per_day_max_nano >= 0);
COMMENT ON COLUMN partition_member.cps_milli IS 'Most calls a second, in thousandths; NULL: no limit.';
COMMENT ON COLUMN partition_member.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN partition_member.concurrent_calls_max IS 'Most concurrent calls, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN partition_member.minutes_per_month_max IS 'Most minutes of calls in a calendar month, 0 admits none; NULL: no limit.';
COMMENT ON COLUMN partition_member.spend_per_day_max_nano IS 'Most that the calls of a calendar day may cost at the sell price, in nano-units of the plan''s currency; NULL: no limit.';
