-- The routes that a call may use, and how they are chosen from.

CREATE TABLE partition (
    id plan_id PRIMARY KEY,
    active boolean NOT NULL,
    strategy strategy NOT NULL,
    rate_limit_nano_per_min bigint,
    max_results integer NOT NULL CHECK (max_results BETWEEN 1 AND 8),
    dial_timeout_sec integer CHECK (dial_timeout_sec BETWEEN 1 AND 300),
    cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295)
);
COMMENT ON TABLE partition IS 'A set of routes with a strategy.';
COMMENT ON COLUMN partition.id IS 'Its id.';
COMMENT ON COLUMN partition.active IS 'Whether it may be used.';
COMMENT ON COLUMN partition.strategy IS 'In which order its routes are tried.';
COMMENT ON COLUMN partition.rate_limit_nano_per_min IS 'Highest buy price in nano-units a minute; NULL: none.';
COMMENT ON COLUMN partition.max_results IS 'Most routes of one call, 1 to 8.';
COMMENT ON COLUMN partition.dial_timeout_sec IS 'Time to wait for an answer before the next leg, in seconds; NULL: as the plan says.';
COMMENT ON COLUMN partition.cps_milli IS 'Most calls a second that use it, in thousandths; NULL: no limit.';
COMMENT ON COLUMN partition.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN partition.concurrent_calls_max IS 'Most concurrent calls that use it; NULL: no limit.';

CREATE TABLE partition_member (
    partition plan_id NOT NULL REFERENCES partition,
    route plan_id NOT NULL REFERENCES route,
    priority integer NOT NULL,
    active boolean NOT NULL,
    PRIMARY KEY (partition, route)
);
CREATE INDEX partition_member_route ON partition_member (route);
COMMENT ON TABLE partition_member IS 'A route in a partition.';
COMMENT ON COLUMN partition_member.partition IS 'The partition.';
COMMENT ON COLUMN partition_member.route IS 'The route.';
COMMENT ON COLUMN partition_member.priority IS 'Lowest first.';
COMMENT ON COLUMN partition_member.active IS 'Whether the partition uses it.';
