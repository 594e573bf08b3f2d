-- How the calls of accounts come in.

CREATE TABLE trunk (
    id plan_id PRIMARY KEY,
    account plan_id NOT NULL REFERENCES account,
    active boolean NOT NULL,
    ani_required boolean NOT NULL,
    trust_lrn boolean NOT NULL,
    cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295)
);
CREATE INDEX trunk_account ON trunk (account);
COMMENT ON TABLE trunk IS 'How calls of an account come in.';
COMMENT ON COLUMN trunk.id IS 'Its id.';
COMMENT ON COLUMN trunk.account IS 'Who pays.';
COMMENT ON COLUMN trunk.active IS 'Whether it may call.';
COMMENT ON COLUMN trunk.ani_required IS 'Whether calls without a valid calling number are refused.';
COMMENT ON COLUMN trunk.trust_lrn IS 'Whether location routing numbers given by the customer count.';
COMMENT ON COLUMN trunk.cps_milli IS 'Most calls a second of the trunk, in thousandths; NULL: no limit.';
COMMENT ON COLUMN trunk.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN trunk.concurrent_calls_max IS 'Most concurrent calls of the trunk; NULL: no limit.';

CREATE TABLE trunk_source (
    trunk plan_id NOT NULL REFERENCES trunk,
    network cidr NOT NULL,
    PRIMARY KEY (trunk, network)
);
COMMENT ON TABLE trunk_source IS 'A network that calls of a trunk come from.';
COMMENT ON COLUMN trunk_source.trunk IS 'The trunk.';
COMMENT ON COLUMN trunk_source.network IS 'The network; its host bits are zero.';

CREATE TABLE trunk_partition (
    trunk plan_id NOT NULL REFERENCES trunk,
    position integer NOT NULL CHECK (position >= 1),
    partition plan_id NOT NULL REFERENCES partition,
    PRIMARY KEY (trunk, position)
);
CREATE INDEX trunk_partition_partition ON trunk_partition (partition);
COMMENT ON TABLE trunk_partition IS 'The partitions of a trunk, in priority order; none: those of its account.';
COMMENT ON COLUMN trunk_partition.trunk IS 'The trunk.';
COMMENT ON COLUMN trunk_partition.position IS '1 is asked first.';
COMMENT ON COLUMN trunk_partition.partition IS 'The partition.';
