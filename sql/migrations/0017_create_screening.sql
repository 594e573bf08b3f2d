-- Numbers and destinations that an account or a trunk may not use.

ALTER TABLE account
    ADD COLUMN destination_classes destination_class[],
    ADD COLUMN country_rule country_rule NOT NULL DEFAULT 'all',
    ADD COLUMN countries country_code[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN account.destination_classes IS 'Classes of destination that may be called; NULL: all.';
COMMENT ON COLUMN account.country_rule IS 'How countries is meant.';
COMMENT ON COLUMN account.countries IS 'Countries that may be called, or may not.';

CREATE TABLE account_screening (
    account plan_id NOT NULL REFERENCES account,
    list screening_list NOT NULL,
    prefix text COLLATE "C" NOT NULL,
    PRIMARY KEY (account, list, prefix),
    CONSTRAINT account_screening_prefix_is_digits
        CHECK (prefix ~ '^[0-9]{1,15}$' OR (prefix = '1___976' AND list = 'blocked_dnis'))
);
COMMENT ON TABLE account_screening IS 'Numbers that the account may or may not use. The lists of account and trunk count together: the longest entry wins, of equal ones the allowing one.';
COMMENT ON COLUMN account_screening.account IS 'The account.';
COMMENT ON COLUMN account_screening.list IS 'Which list.';
COMMENT ON COLUMN account_screening.prefix IS 'E.164 digits that a number begins with, for LIKE prefix || ''%''; 1___976 is the exchange 976 of any area code.';

ALTER TABLE trunk
    ADD COLUMN destination_classes destination_class[],
    ADD COLUMN country_rule country_rule NOT NULL DEFAULT 'all',
    ADD COLUMN countries country_code[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN trunk.destination_classes IS 'Classes of destination that may be called; NULL: all.';
COMMENT ON COLUMN trunk.country_rule IS 'How countries is meant.';
COMMENT ON COLUMN trunk.countries IS 'Countries that may be called, or may not.';

CREATE TABLE trunk_screening (
    trunk plan_id NOT NULL REFERENCES trunk,
    list screening_list NOT NULL,
    prefix text COLLATE "C" NOT NULL,
    PRIMARY KEY (trunk, list, prefix),
    CONSTRAINT trunk_screening_prefix_is_digits
        CHECK (prefix ~ '^[0-9]{1,15}$' OR (prefix = '1___976' AND list = 'blocked_dnis'))
);
COMMENT ON TABLE trunk_screening IS 'Numbers that the trunk may or may not use. The lists of account and trunk count together: the longest entry wins, of equal ones the allowing one.';
COMMENT ON COLUMN trunk_screening.trunk IS 'The trunk.';
COMMENT ON COLUMN trunk_screening.list IS 'Which list.';
COMMENT ON COLUMN trunk_screening.prefix IS 'E.164 digits that a number begins with, for LIKE prefix || ''%''; 1___976 is the exchange 976 of any area code.';
