-- Caps on counts of calls: at most one for each owner, period and way to count.

CREATE TABLE account_volume (
    account plan_id NOT NULL REFERENCES account,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (account, period, counts)
);
COMMENT ON TABLE account_volume IS 'A cap on the calls of an account in a period.';
COMMENT ON COLUMN account_volume.account IS 'The account.';
COMMENT ON COLUMN account_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN account_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN account_volume.calls_max IS 'Most calls; 0 admits none.';

CREATE TABLE trunk_volume (
    trunk plan_id NOT NULL REFERENCES trunk,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (trunk, period, counts)
);
COMMENT ON TABLE trunk_volume IS 'A cap on the calls of a trunk in a period.';
COMMENT ON COLUMN trunk_volume.trunk IS 'The trunk.';
COMMENT ON COLUMN trunk_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN trunk_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN trunk_volume.calls_max IS 'Most calls; 0 admits none.';

CREATE TABLE provider_volume (
    provider plan_id NOT NULL REFERENCES provider,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (provider, period, counts)
);
COMMENT ON TABLE provider_volume IS 'A cap on the calls of a provider in a period.';
COMMENT ON COLUMN provider_volume.provider IS 'The provider.';
COMMENT ON COLUMN provider_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN provider_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN provider_volume.calls_max IS 'Most calls; 0 admits none.';

CREATE TABLE route_volume (
    route plan_id NOT NULL REFERENCES route,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (route, period, counts)
);
COMMENT ON TABLE route_volume IS 'A cap on the calls of a route in a period.';
COMMENT ON COLUMN route_volume.route IS 'The route.';
COMMENT ON COLUMN route_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN route_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN route_volume.calls_max IS 'Most calls; 0 admits none.';

CREATE TABLE gateway_volume (
    gateway plan_id NOT NULL REFERENCES gateway,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (gateway, period, counts)
);
COMMENT ON TABLE gateway_volume IS 'A cap on the calls of a gateway in a period.';
COMMENT ON COLUMN gateway_volume.gateway IS 'The gateway.';
COMMENT ON COLUMN gateway_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN gateway_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN gateway_volume.calls_max IS 'Most calls; 0 admits none.';

CREATE TABLE partition_volume (
    partition plan_id NOT NULL REFERENCES partition,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (partition, period, counts)
);
COMMENT ON TABLE partition_volume IS 'A cap on the calls of a partition in a period.';
COMMENT ON COLUMN partition_volume.partition IS 'The partition.';
COMMENT ON COLUMN partition_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN partition_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN partition_volume.calls_max IS 'Most calls; 0 admits none.';

CREATE TABLE partition_member_volume (
    partition plan_id NOT NULL,
    route plan_id NOT NULL,
    period volume_period NOT NULL,
    counts counted_calls NOT NULL,
    calls_max bigint NOT NULL CHECK (calls_max BETWEEN 0 AND 4294967295),
    PRIMARY KEY (partition, route, period, counts),
    FOREIGN KEY (partition, route) REFERENCES partition_member
);
COMMENT ON TABLE partition_member_volume IS 'A cap on the calls of a route in a partition in a period.';
COMMENT ON COLUMN partition_member_volume.partition IS 'The partition.';
COMMENT ON COLUMN partition_member_volume.route IS 'The route.';
COMMENT ON COLUMN partition_member_volume.period IS 'How long a count lasts.';
COMMENT ON COLUMN partition_member_volume.counts IS 'Which calls count.';
COMMENT ON COLUMN partition_member_volume.calls_max IS 'Most calls; 0 admits none.';
