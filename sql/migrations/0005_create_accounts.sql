-- Who pays, at which price, and through which partitions.

CREATE TABLE account (
    id plan_id PRIMARY KEY,
    active boolean NOT NULL,
    sell_deck plan_id REFERENCES deck,
    sell_key sell_key NOT NULL,
    cost_plus_margin_nano_percent bigint CHECK (cost_plus_margin_nano_percent >= 0),
    cost_plus_fixed_fee_nano_per_min bigint CHECK (cost_plus_fixed_fee_nano_per_min >= 0),
    cost_plus_rounding_mode rounding_mode,
    cost_plus_rounding_decimals smallint CHECK (cost_plus_rounding_decimals BETWEEN 0 AND 9),
    min_margin_kind min_margin_kind NOT NULL,
    min_margin_nano bigint,
    cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295),
    CONSTRAINT account_cost_plus_whole_or_absent CHECK (num_nonnulls(cost_plus_margin_nano_percent,
        cost_plus_fixed_fee_nano_per_min, cost_plus_rounding_mode, cost_plus_rounding_decimals) IN (0, 4)),
    CONSTRAINT account_min_margin_has_its_figure
        CHECK ((min_margin_kind = 'allow_loss') = (min_margin_nano IS NULL))
);
CREATE INDEX account_sell_deck ON account (sell_deck);
COMMENT ON TABLE account IS 'Who pays: a carrier customer, a call seller, a client.';
COMMENT ON COLUMN account.id IS 'Its id, such as a billing account number.';
COMMENT ON COLUMN account.active IS 'Whether it may call.';
COMMENT ON COLUMN account.sell_deck IS 'Its price list; NULL: none.';
COMMENT ON COLUMN account.sell_key IS 'What the sell deck is keyed by.';
COMMENT ON COLUMN account.cost_plus_margin_nano_percent IS 'Margin on the buy cost, in nano-percent: 10 % is 10000000000. NULL: no cost-plus price.';
COMMENT ON COLUMN account.cost_plus_fixed_fee_nano_per_min IS 'Fee for each minute that the provider bills, in nano-units.';
COMMENT ON COLUMN account.cost_plus_rounding_mode IS 'How a cost-plus price is rounded.';
COMMENT ON COLUMN account.cost_plus_rounding_decimals IS 'Decimals that a cost-plus price keeps, 0 to 9.';
COMMENT ON COLUMN account.min_margin_kind IS 'How the least that a call must earn is given.';
COMMENT ON COLUMN account.min_margin_nano IS 'The least that a call must earn, in nano-units or nano-percent.';
COMMENT ON COLUMN account.cps_milli IS 'Most calls a second over all its trunks, in thousandths; NULL: no limit.';
COMMENT ON COLUMN account.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN account.concurrent_calls_max IS 'Most concurrent calls over all its trunks; NULL: no limit.';

CREATE TABLE account_partition (
    account plan_id NOT NULL REFERENCES account,
    position integer NOT NULL CHECK (position >= 1),
    partition plan_id NOT NULL REFERENCES partition,
    PRIMARY KEY (account, position)
);
CREATE INDEX account_partition_partition ON account_partition (partition);
COMMENT ON TABLE account_partition IS 'The partitions of an account, in priority order.';
COMMENT ON COLUMN account_partition.account IS 'The account.';
COMMENT ON COLUMN account_partition.position IS '1 is asked first.';
COMMENT ON COLUMN account_partition.partition IS 'The partition.';
