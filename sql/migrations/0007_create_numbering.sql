-- Where NANP numbers are, as an operator's LERG tells, and which rate centres call each other locally.

CREATE TABLE number_block (
    prefix text COLLATE "C" PRIMARY KEY CHECK (prefix ~ '^[0-9]{6,7}$'),
    country text COLLATE "C" NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    state text COLLATE "C" NOT NULL CHECK (state ~ '^([A-Z]{2})?$'),
    lata bigint NOT NULL CHECK (lata BETWEEN 0 AND 4294967295),
    ocn text COLLATE "C" NOT NULL CHECK (ocn ~ '^([A-Za-z0-9]{4})?$'),
    rate_center text COLLATE "C" NOT NULL
);
COMMENT ON TABLE number_block IS 'A block of NANP numbers and where it is.';
COMMENT ON COLUMN number_block.prefix IS '6 digits (NPA-NXX) or 7 (a thousands block), without the country code.';
COMMENT ON COLUMN number_block.country IS 'ISO 3166, two capitals.';
COMMENT ON COLUMN number_block.state IS 'State or province, two capitals; empty if unknown.';
COMMENT ON COLUMN number_block.lata IS 'LATA; 0 if unknown.';
COMMENT ON COLUMN number_block.ocn IS 'Operating company number; empty if unknown.';
COMMENT ON COLUMN number_block.rate_center IS 'Rate centre; empty if unknown.';

CREATE TABLE local_pair (
    state_a text COLLATE "C" NOT NULL,
    rate_center_a text COLLATE "C" NOT NULL,
    state_b text COLLATE "C" NOT NULL,
    rate_center_b text COLLATE "C" NOT NULL,
    PRIMARY KEY (state_a, rate_center_a, state_b, rate_center_b)
);
COMMENT ON TABLE local_pair IS 'Two rate centres that call each other locally; either direction.';
COMMENT ON COLUMN local_pair.state_a IS 'State of the one.';
COMMENT ON COLUMN local_pair.rate_center_a IS 'Its rate centre.';
COMMENT ON COLUMN local_pair.state_b IS 'State of the other.';
COMMENT ON COLUMN local_pair.rate_center_b IS 'Its rate centre.';
