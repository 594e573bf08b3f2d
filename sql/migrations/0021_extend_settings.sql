-- The rest of what holds for the whole plan.

ALTER TABLE plan_settings
    ADD COLUMN hold_interval_sec integer NOT NULL DEFAULT 60 CHECK (hold_interval_sec BETWEEN 1 AND 86400),
    ADD COLUMN emergency_numbers digits[] NOT NULL DEFAULT '{}',
    ADD COLUMN toll_free_npas smallint[] NOT NULL DEFAULT '{}'
        CHECK (200 <= ALL (toll_free_npas) AND 999 >= ALL (toll_free_npas)),
    ADD COLUMN premium_prefixes digits[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN plan_settings.hold_interval_sec IS 'What a prepaid call holds at first, and at each extension, in seconds.';
COMMENT ON COLUMN plan_settings.emergency_numbers IS 'Digits that are an emergency call exactly as dialled.';
COMMENT ON COLUMN plan_settings.toll_free_npas IS 'Toll-free area codes beyond the seven of NANP.';
COMMENT ON COLUMN plan_settings.premium_prefixes IS 'E.164 prefixes that are premium beyond those of NANP.';

CREATE TABLE emergency_route (
    position integer PRIMARY KEY CHECK (position >= 1),
    route plan_id NOT NULL REFERENCES route
);
CREATE INDEX emergency_route_route ON emergency_route (route);
COMMENT ON TABLE emergency_route IS 'Routes of emergency calls, in the order in which they are tried.';
COMMENT ON COLUMN emergency_route.position IS '1 is tried first.';
COMMENT ON COLUMN emergency_route.route IS 'The route.';

CREATE TABLE currency_rate (
    currency currency_code NOT NULL,
    holds_from timestamptz(0) NOT NULL,
    rate_nano bigint NOT NULL CHECK (rate_nano > 0),
    PRIMARY KEY (currency, holds_from)
);
COMMENT ON TABLE currency_rate IS 'What one unit of a currency is worth in the plan''s, until the next rate of that currency.';
COMMENT ON COLUMN currency_rate.currency IS 'ISO 4217, three capitals.';
COMMENT ON COLUMN currency_rate.holds_from IS 'From when it holds.';
COMMENT ON COLUMN currency_rate.rate_nano IS 'Billionths of the plan''s unit for one unit of this currency.';

CREATE TABLE dno (
    pattern text COLLATE "C" PRIMARY KEY CHECK (pattern ~ '^([0-9]{3}|[0-9]{6}|[0-9]{7}|[0-9]{10})$')
);
COMMENT ON TABLE dno IS 'Do-not-originate list: calling numbers of NANP that nobody may call from.';
COMMENT ON COLUMN dno.pattern IS '3, 6, 7 or 10 digits that the calling number begins with after its 1.';

ALTER TABLE number_block ADD COLUMN tier smallint NOT NULL DEFAULT 0 CHECK (tier BETWEEN 0 AND 255);
COMMENT ON COLUMN number_block.tier IS 'Tier by which some carriers price the block; 0: none.';
