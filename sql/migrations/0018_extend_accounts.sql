-- What kind of calls an account makes, what pays them, and how trunks read what is dialled.

ALTER TABLE account
    ADD COLUMN time_zone text COLLATE "C" CHECK (time_zone <> ''),
    ADD COLUMN traffic traffic_class NOT NULL DEFAULT 'non_enhanced';
COMMENT ON COLUMN account.time_zone IS 'IANA time zone of the periods of its limits and its partitions''; NULL: UTC.';
COMMENT ON COLUMN account.traffic IS 'What kind of calls it makes.';

CREATE TABLE wallet (
    account plan_id NOT NULL REFERENCES account,
    id plan_id NOT NULL,
    kind wallet_kind NOT NULL,
    priority integer NOT NULL,
    threshold bigint NOT NULL,
    credit_limit bigint NOT NULL CHECK (credit_limit >= 0),
    PRIMARY KEY (account, id)
);
COMMENT ON TABLE wallet IS 'Money or seconds that an account has paid for. An account without wallets is postpaid.';
COMMENT ON COLUMN wallet.account IS 'Whose it is.';
COMMENT ON COLUMN wallet.id IS 'Its id.';
COMMENT ON COLUMN wallet.kind IS 'What is in it.';
COMMENT ON COLUMN wallet.priority IS 'Lowest first.';
COMMENT ON COLUMN wallet.threshold IS 'It pays while more than this is available: nano-units of the plan''s currency, or seconds.';
COMMENT ON COLUMN wallet.credit_limit IS 'How far it may go below nothing: nano-units of the plan''s currency, or seconds.';

ALTER TABLE trunk
    ADD COLUMN digest_user text COLLATE "C" CHECK (digest_user <> ''),
    ADD COLUMN tech_prefix text COLLATE "C" NOT NULL DEFAULT '' CHECK (tech_prefix ~ '^[0-9*#]{0,15}$'),
    ADD COLUMN provider plan_id REFERENCES provider;
CREATE INDEX trunk_provider ON trunk (provider);
COMMENT ON COLUMN trunk.digest_user IS 'Digest user whose calls it takes; several trunks may have one. NULL: none.';
COMMENT ON COLUMN trunk.tech_prefix IS 'What its calls must begin with, as dialled; empty: nothing.';
COMMENT ON COLUMN trunk.provider IS 'The provider at its other end, to which its calls are not sent back; NULL: none.';

CREATE TABLE trunk_dial_rule (
    trunk plan_id NOT NULL REFERENCES trunk,
    position integer NOT NULL CHECK (position >= 1),
    prefix text COLLATE "C" NOT NULL CHECK (prefix ~ '^[+]?[0-9]*$'),
    len smallint CHECK (len BETWEEN 0 AND 255),
    strip smallint NOT NULL CHECK (strip BETWEEN 0 AND 255),
    add text COLLATE "C" NOT NULL CHECK (add ~ '^[0-9]{0,15}$'),
    PRIMARY KEY (trunk, position)
);
COMMENT ON TABLE trunk_dial_rule IS 'How numbers dialled on a trunk are read, before the default rules: the first rule that matches.';
COMMENT ON COLUMN trunk_dial_rule.trunk IS 'The trunk.';
COMMENT ON COLUMN trunk_dial_rule.position IS '1 is tried first.';
COMMENT ON COLUMN trunk_dial_rule.prefix IS 'What the number begins with: digits, or + and digits; empty: anything.';
COMMENT ON COLUMN trunk_dial_rule.len IS 'How many characters it has in all, a + included; NULL: any number.';
COMMENT ON COLUMN trunk_dial_rule.strip IS 'Characters to take off the front.';
COMMENT ON COLUMN trunk_dial_rule.add IS 'Digits to put there.';
