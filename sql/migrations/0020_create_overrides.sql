-- Routing that people decide by hand.

CREATE TABLE override (
    id plan_id PRIMARY KEY,
    trunk plan_id REFERENCES trunk,
    account plan_id REFERENCES account,
    partition plan_id REFERENCES partition,
    prefix digits,
    scheduled boolean NOT NULL,
    schedule_time_zone text COLLATE "C" CHECK (schedule_time_zone <> ''),
    valid_from timestamptz(0),
    valid_until timestamptz(0),
    forced_route plan_id REFERENCES route,
    forced_mode forced_mode,
    custom_rate_nano_per_min bigint CHECK (custom_rate_nano_per_min >= 0),
    bypass_lcr boolean NOT NULL,
    CONSTRAINT override_forced_route_has_a_mode CHECK ((forced_route IS NULL) = (forced_mode IS NULL))
);
CREATE INDEX override_trunk ON override (trunk);
CREATE INDEX override_account ON override (account);
CREATE INDEX override_partition ON override (partition);
CREATE INDEX override_forced_route ON override (forced_route);
COMMENT ON TABLE override IS 'Routing that people decide. Every field that is given must match; each effect is resolved by itself.';
COMMENT ON COLUMN override.id IS 'Its id.';
COMMENT ON COLUMN override.trunk IS 'Calls of this trunk; NULL: of all.';
COMMENT ON COLUMN override.account IS 'Calls of this account; NULL: of all.';
COMMENT ON COLUMN override.partition IS 'Calls of this partition; NULL: of all.';
COMMENT ON COLUMN override.prefix IS 'Calls to numbers that begin with this; of fewer than 7 digits also the short code of exactly these. NULL: to all.';
COMMENT ON COLUMN override.scheduled IS 'Whether it holds at the times of override_window only (at none, if it has no window); false: always.';
COMMENT ON COLUMN override.schedule_time_zone IS 'IANA time zone of the windows; NULL: UTC.';
COMMENT ON COLUMN override.valid_from IS 'From when it holds; NULL: always has.';
COMMENT ON COLUMN override.valid_until IS 'When it no longer does; NULL: never.';
COMMENT ON COLUMN override.forced_route IS 'The route that takes the call; NULL: as the partition says.';
COMMENT ON COLUMN override.forced_mode IS 'What becomes of the other routes.';
COMMENT ON COLUMN override.custom_rate_nano_per_min IS 'Sell price in nano-units a minute; NULL: as the account has it.';
COMMENT ON COLUMN override.bypass_lcr IS 'Whether routes are ordered by membership priority, in place of the strategy and its cut.';

CREATE TABLE override_window (
    override plan_id NOT NULL REFERENCES override,
    position integer NOT NULL CHECK (position >= 1),
    days smallint NOT NULL CHECK (days BETWEEN 0 AND 127),
    month_days integer NOT NULL CHECK (month_days >= 0),
    months smallint NOT NULL CHECK (months BETWEEN 0 AND 4095),
    from_sec integer NOT NULL CHECK (from_sec BETWEEN 0 AND 86399),
    until_sec integer NOT NULL CHECK (until_sec BETWEEN 0 AND 86400),
    PRIMARY KEY (override, position)
);
COMMENT ON TABLE override_window IS 'A part of the day on some days at which the override holds. The day on which it began must be one of days and of month_days, in one of months.';
COMMENT ON COLUMN override_window.override IS 'The override.';
COMMENT ON COLUMN override_window.position IS 'Place in the list, from 1.';
COMMENT ON COLUMN override_window.days IS 'Days of the week, a bit each: 1 is Monday, 64 Sunday.';
COMMENT ON COLUMN override_window.month_days IS 'Days of the month, a bit each: 1 is the 1st.';
COMMENT ON COLUMN override_window.months IS 'Months, a bit each: 1 is January.';
COMMENT ON COLUMN override_window.from_sec IS 'Second of the day at which it begins, by the wall clock.';
COMMENT ON COLUMN override_window.until_sec IS 'Second of the day at which it ends; before from_sec: on the next day; equal: 24 hours.';

CREATE TABLE exclusion (
    id plan_id PRIMARY KEY,
    account plan_id REFERENCES account,
    provider plan_id REFERENCES provider,
    prefixes digits[] NOT NULL,
    valid_from timestamptz(0),
    valid_until timestamptz(0),
    note text NOT NULL,
    CONSTRAINT exclusion_says_what CHECK (provider IS NOT NULL OR cardinality(prefixes) > 0)
);
CREATE INDEX exclusion_account ON exclusion (account);
CREATE INDEX exclusion_provider ON exclusion (provider);
COMMENT ON TABLE exclusion IS 'What is not used: with a provider its routes drop, without one the call is refused.';
COMMENT ON COLUMN exclusion.id IS 'Its id.';
COMMENT ON COLUMN exclusion.account IS 'Calls of this account; NULL: of all.';
COMMENT ON COLUMN exclusion.provider IS 'The provider that is not used; NULL: the destination is refused.';
COMMENT ON COLUMN exclusion.prefixes IS 'Called E.164 prefixes; none: all numbers.';
COMMENT ON COLUMN exclusion.valid_from IS 'From when it holds; NULL: always has.';
COMMENT ON COLUMN exclusion.valid_until IS 'When it no longer does; NULL: never.';
COMMENT ON COLUMN exclusion.note IS 'Why, for people; may be empty.';
