-- Prices by OCN and LATA of the called number, and of toll-free calls by carrier. As deck_row: prices that are NULL
-- and not blocked are missing, and there is no foreign key to the version (the trigger deletes, readers count).

CREATE TABLE deck_ocn_row (
    interstate_nano_per_min bigint CHECK (interstate_nano_per_min >= 0),
    intrastate_nano_per_min bigint CHECK (intrastate_nano_per_min >= 0),
    local_nano_per_min bigint CHECK (local_nano_per_min >= 0),
    indeterminate_nano_per_min bigint CHECK (indeterminate_nano_per_min >= 0),
    default_nano_per_min bigint CHECK (default_nano_per_min >= 0),
    first_rate_nano_per_min bigint CHECK (first_rate_nano_per_min >= 0),
    connect_fee_nano bigint CHECK (connect_fee_nano > 0),
    starts timestamptz(0),
    ends timestamptz(0),
    deck_version_id integer NOT NULL,
    first_sec integer NOT NULL CHECK (first_sec >= 1),
    increment_sec integer NOT NULL CHECK (increment_sec >= 1),
    grace_sec integer CHECK (grace_sec > 0),
    blocked_prices smallint CHECK (blocked_prices BETWEEN 1 AND 31),
    ocn text COLLATE "C" CHECK (ocn ~ '^[A-Za-z0-9]{4}$'),
    lata bigint CHECK (lata BETWEEN 0 AND 4294967295),
    tier smallint CHECK (tier BETWEEN 0 AND 255),
    destination text COLLATE "C" NOT NULL,
    CONSTRAINT deck_ocn_row_has_ocn_or_lata CHECK (num_nonnulls(ocn, lata) > 0),
    CONSTRAINT deck_ocn_row_blocked_price_is_no_amount CHECK (
        blocked_prices IS NULL
        OR num_nonnulls(
            CASE WHEN blocked_prices & 1 <> 0 THEN interstate_nano_per_min END,
            CASE WHEN blocked_prices & 2 <> 0 THEN intrastate_nano_per_min END,
            CASE WHEN blocked_prices & 4 <> 0 THEN local_nano_per_min END,
            CASE WHEN blocked_prices & 8 <> 0 THEN indeterminate_nano_per_min END,
            CASE WHEN blocked_prices & 16 <> 0 THEN default_nano_per_min END
        ) = 0
    )
);
CREATE UNIQUE INDEX deck_ocn_row_key ON deck_ocn_row (deck_version_id, ocn, lata, tier, starts) NULLS NOT DISTINCT;
COMMENT ON TABLE deck_ocn_row IS 'A row of a price list by OCN and LATA of the called number. A price that is NULL and not blocked is missing; 0 is a price.';
COMMENT ON COLUMN deck_ocn_row.interstate_nano_per_min IS 'Price between states, in nano-units a minute.';
COMMENT ON COLUMN deck_ocn_row.intrastate_nano_per_min IS 'Price within a state, in nano-units a minute.';
COMMENT ON COLUMN deck_ocn_row.local_nano_per_min IS 'Price within a local calling area, in nano-units a minute.';
COMMENT ON COLUMN deck_ocn_row.indeterminate_nano_per_min IS 'Price where the calling side is not known, in nano-units a minute.';
COMMENT ON COLUMN deck_ocn_row.default_nano_per_min IS 'Price of everything else, and of everything where it stands alone, in nano-units a minute.';
COMMENT ON COLUMN deck_ocn_row.first_rate_nano_per_min IS 'Price of the first interval in nano-units a minute, where it differs.';
COMMENT ON COLUMN deck_ocn_row.connect_fee_nano IS 'Fee of an answered call in nano-units; NULL is none.';
COMMENT ON COLUMN deck_ocn_row.starts IS 'From when the row holds; NULL: from the start of its version.';
COMMENT ON COLUMN deck_ocn_row.ends IS 'When it no longer holds; NULL: never.';
COMMENT ON COLUMN deck_ocn_row.deck_version_id IS 'The version of the price list.';
COMMENT ON COLUMN deck_ocn_row.first_sec IS 'First interval, billed whole, in seconds.';
COMMENT ON COLUMN deck_ocn_row.increment_sec IS 'Increment after it, in seconds.';
COMMENT ON COLUMN deck_ocn_row.grace_sec IS 'A call no longer than this costs nothing, in seconds; NULL is none.';
COMMENT ON COLUMN deck_ocn_row.blocked_prices IS 'Which prices are blocked: 1 interstate, 2 intrastate, 4 local, 8 indeterminate, 16 default; NULL is none.';
COMMENT ON COLUMN deck_ocn_row.ocn IS 'Operating company number; NULL is any.';
COMMENT ON COLUMN deck_ocn_row.lata IS 'LATA; NULL is any.';
COMMENT ON COLUMN deck_ocn_row.tier IS 'Tier of the called block; NULL is any.';
COMMENT ON COLUMN deck_ocn_row.destination IS 'What the list calls the destination; may be empty.';

CREATE TABLE deck_cic_row (
    interstate_nano_per_min bigint CHECK (interstate_nano_per_min >= 0),
    intrastate_nano_per_min bigint CHECK (intrastate_nano_per_min >= 0),
    local_nano_per_min bigint CHECK (local_nano_per_min >= 0),
    indeterminate_nano_per_min bigint CHECK (indeterminate_nano_per_min >= 0),
    default_nano_per_min bigint CHECK (default_nano_per_min >= 0),
    first_rate_nano_per_min bigint CHECK (first_rate_nano_per_min >= 0),
    connect_fee_nano bigint CHECK (connect_fee_nano > 0),
    starts timestamptz(0),
    ends timestamptz(0),
    deck_version_id integer NOT NULL,
    first_sec integer NOT NULL CHECK (first_sec >= 1),
    increment_sec integer NOT NULL CHECK (increment_sec >= 1),
    grace_sec integer CHECK (grace_sec > 0),
    blocked_prices smallint CHECK (blocked_prices BETWEEN 1 AND 31),
    cic text COLLATE "C" NOT NULL CHECK (cic ~ '^[0-9]{4}$'),
    destination text COLLATE "C" NOT NULL,
    CONSTRAINT deck_cic_row_blocked_price_is_no_amount CHECK (
        blocked_prices IS NULL
        OR num_nonnulls(
            CASE WHEN blocked_prices & 1 <> 0 THEN interstate_nano_per_min END,
            CASE WHEN blocked_prices & 2 <> 0 THEN intrastate_nano_per_min END,
            CASE WHEN blocked_prices & 4 <> 0 THEN local_nano_per_min END,
            CASE WHEN blocked_prices & 8 <> 0 THEN indeterminate_nano_per_min END,
            CASE WHEN blocked_prices & 16 <> 0 THEN default_nano_per_min END
        ) = 0
    )
);
CREATE UNIQUE INDEX deck_cic_row_key ON deck_cic_row (deck_version_id, cic, starts) NULLS NOT DISTINCT;
COMMENT ON TABLE deck_cic_row IS 'A row of a price list for toll-free calls by the carrier that serves the number. A price that is NULL and not blocked is missing; 0 is a price.';
COMMENT ON COLUMN deck_cic_row.interstate_nano_per_min IS 'Price between states, in nano-units a minute.';
COMMENT ON COLUMN deck_cic_row.intrastate_nano_per_min IS 'Price within a state, in nano-units a minute.';
COMMENT ON COLUMN deck_cic_row.local_nano_per_min IS 'Price within a local calling area, in nano-units a minute.';
COMMENT ON COLUMN deck_cic_row.indeterminate_nano_per_min IS 'Price where the calling side is not known, in nano-units a minute.';
COMMENT ON COLUMN deck_cic_row.default_nano_per_min IS 'Price of everything else, and of everything where it stands alone, in nano-units a minute.';
COMMENT ON COLUMN deck_cic_row.first_rate_nano_per_min IS 'Price of the first interval in nano-units a minute, where it differs.';
COMMENT ON COLUMN deck_cic_row.connect_fee_nano IS 'Fee of an answered call in nano-units; NULL is none.';
COMMENT ON COLUMN deck_cic_row.starts IS 'From when the row holds; NULL: from the start of its version.';
COMMENT ON COLUMN deck_cic_row.ends IS 'When it no longer holds; NULL: never.';
COMMENT ON COLUMN deck_cic_row.deck_version_id IS 'The version of the price list.';
COMMENT ON COLUMN deck_cic_row.first_sec IS 'First interval, billed whole, in seconds.';
COMMENT ON COLUMN deck_cic_row.increment_sec IS 'Increment after it, in seconds.';
COMMENT ON COLUMN deck_cic_row.grace_sec IS 'A call no longer than this costs nothing, in seconds; NULL is none.';
COMMENT ON COLUMN deck_cic_row.blocked_prices IS 'Which prices are blocked: 1 interstate, 2 intrastate, 4 local, 8 indeterminate, 16 default; NULL is none.';
COMMENT ON COLUMN deck_cic_row.cic IS 'Carrier identification code, 4 digits.';
COMMENT ON COLUMN deck_cic_row.destination IS 'What the list calls the destination; may be empty.';

CREATE OR REPLACE FUNCTION delete_deck_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM deck_row WHERE deck_version_id = OLD.id;
    DELETE FROM deck_ocn_row WHERE deck_version_id = OLD.id;
    DELETE FROM deck_cic_row WHERE deck_version_id = OLD.id;
    RETURN NULL;
END
$$;
