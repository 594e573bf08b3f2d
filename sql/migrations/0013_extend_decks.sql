-- Currency of a price list; versions that speak for some countries only, and count rows of three kinds.

ALTER TABLE deck ADD COLUMN currency currency_code;
COMMENT ON COLUMN deck.currency IS 'ISO 4217: what its prices are in; NULL: the plan''s currency.';

ALTER TABLE deck_version
    ADD COLUMN countries country_code[] NOT NULL DEFAULT '{}',
    ADD COLUMN ocn_row_count bigint NOT NULL DEFAULT 0 CHECK (ocn_row_count >= 0),
    ADD COLUMN cic_row_count bigint NOT NULL DEFAULT 0 CHECK (cic_row_count >= 0),
    ADD CONSTRAINT deck_version_countries_of_scope_country
        CHECK (scope::text = 'country' OR cardinality(countries) = 0);
COMMENT ON COLUMN deck_version.countries IS 'Of scope country: those whose absent codes end. A shared country code belongs to its main country.';
COMMENT ON COLUMN deck_version.row_count IS 'How many rows by prefix it has; readers check it.';
COMMENT ON COLUMN deck_version.ocn_row_count IS 'How many rows by OCN and LATA it has; readers check it.';
COMMENT ON COLUMN deck_version.cic_row_count IS 'How many rows by carrier code it has; readers check it.';
