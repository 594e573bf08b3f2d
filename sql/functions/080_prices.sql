-- What price lists say at an instant (4.1 to 4.5), and what a call costs by a row (section 9).

-- A row that prices a call. A price of -1 is blocked, NULL missing.
CREATE TYPE oracle.price_row AS (
    deck text,
    keyed_by text,
    version integer,
    matched_by text,
    prefix text,
    interstate bigint,
    intrastate bigint,
    local bigint,
    indeterminate bigint,
    default_price bigint,
    first_rate bigint,
    connect_fee bigint,
    first_sec integer,
    increment_sec integer,
    grace_sec integer
);
COMMENT ON TYPE oracle.price_row IS 'The row of a price list that decides what a call costs.';

-- Whether a version ends the codes that it does not contain (10.5). OCN, LATA and CIC belong to no country.
CREATE FUNCTION oracle.ends_absent(scope deck_scope, countries country_code[], prefix text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE scope
        WHEN 'full' THEN true
        WHEN 'country' THEN coalesce(oracle.country_of_prefix(prefix) = ANY (countries), false)
        ELSE false
    END;
END
$$;

-- By the rule in full (4.2): the one row of each deck that decides, if any holds. `decks[i]` is asked by `keys[i]`, which
-- is `dnis`, `lrn` or `ocn`. A toll-free call is asked by its CIC first. `turn` says which code of a deck comes first:
-- the lowest.
CREATE FUNCTION oracle.price_rows_of_versions(c oracle.call, decks text[], keys text[]) RETURNS SETOF oracle.price_row
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH asked AS (
        SELECT DISTINCT a.deck, a.keyed_by FROM unnest(decks, keys) AS a (deck, keyed_by)
    ),
    -- Versions that have started, the newest first.
    started AS (
        SELECT v.deck::text, v.id, v.number, v.effective_from, v.scope, v.countries, asked.keyed_by,
            CASE asked.keyed_by WHEN 'dnis' THEN c.dnis_prefixes WHEN 'lrn' THEN c.lrn_prefixes END AS prefixes,
            row_number() OVER (PARTITION BY v.deck, asked.keyed_by ORDER BY v.effective_from DESC, v.number DESC) AS age
        FROM asked
        JOIN deck_version AS v ON v.deck = asked.deck AND v.effective_from <= c.at
    ),
    row_of_code AS (
        SELECT s.deck, s.number, s.effective_from, s.keyed_by, s.age, 100 - length(r.prefix) AS turn, r.prefix AS code, 'prefix' AS matched_by, r.prefix,
            r.interstate_nano_per_min, r.intrastate_nano_per_min, r.local_nano_per_min, r.indeterminate_nano_per_min,
            r.default_nano_per_min, r.first_rate_nano_per_min, r.connect_fee_nano, r.first_sec, r.increment_sec,
            r.grace_sec, r.blocked_prices, r.starts, r.ends
        FROM started AS s
        JOIN deck_row AS r ON r.deck_version_id = s.id AND r.prefix = ANY (s.prefixes)
        UNION ALL
        SELECT s.deck, s.number, s.effective_from, s.keyed_by, s.age,
            CASE WHEN r.ocn IS NULL THEN 30 WHEN r.lata IS NULL THEN 20 ELSE 10 END + (r.tier IS NULL)::integer,
            concat_ws('/', coalesce(r.ocn, '*'), coalesce(r.lata::text, '*'), r.tier),
            CASE WHEN r.ocn IS NULL THEN 'lata' WHEN r.lata IS NULL THEN 'ocn' ELSE 'ocn_lata' END, '',
            r.interstate_nano_per_min, r.intrastate_nano_per_min, r.local_nano_per_min, r.indeterminate_nano_per_min,
            r.default_nano_per_min, r.first_rate_nano_per_min, r.connect_fee_nano, r.first_sec, r.increment_sec,
            r.grace_sec, r.blocked_prices, r.starts, r.ends
        FROM started AS s
        JOIN deck_ocn_row AS r ON r.deck_version_id = s.id
            AND (r.ocn = c.ocn OR r.ocn IS NULL AND r.lata = c.lata)
            AND (r.lata = c.lata OR r.lata IS NULL AND r.ocn = c.ocn)
            AND (r.tier = c.tier OR r.tier IS NULL)
        WHERE s.keyed_by = 'ocn'
        UNION ALL
        SELECT s.deck, s.number, s.effective_from, s.keyed_by, s.age, 0, r.cic, 'cic', '',
            r.interstate_nano_per_min, r.intrastate_nano_per_min, r.local_nano_per_min, r.indeterminate_nano_per_min,
            r.default_nano_per_min, r.first_rate_nano_per_min, r.connect_fee_nano, r.first_sec, r.increment_sec,
            r.grace_sec, r.blocked_prices, r.starts, r.ends
        FROM started AS s
        JOIN deck_cic_row AS r ON r.deck_version_id = s.id AND r.cic = c.cic
        WHERE c.toll_free
    ),
    -- Of a code, the newest version that has begun to say something of it: until then an older one stands.
    begun AS (
        SELECT r.deck, r.keyed_by, r.turn, r.code, min(r.age) AS age
        FROM row_of_code AS r WHERE r.starts IS NULL OR r.starts <= c.at
        GROUP BY r.deck, r.keyed_by, r.turn, r.code
    ),
    -- It speaks unless a newer version without the code has ended it.
    speaking AS (
        SELECT b.* FROM begun AS b
        WHERE b.age = 1 OR NOT EXISTS (
            SELECT FROM started AS s
            WHERE s.deck = b.deck AND s.keyed_by = b.keyed_by AND s.age < b.age
                AND oracle.ends_absent(s.scope, s.countries, CASE WHEN b.turn >= 80 THEN b.code END)
                AND NOT EXISTS (
                    SELECT FROM row_of_code AS r
                    WHERE r.deck = b.deck AND r.keyed_by = b.keyed_by AND r.age = s.age AND r.turn = b.turn
                        AND r.code = b.code))
    )
    -- Of its rows for the code, the latest that has begun and not ended; and of the codes, the first.
    SELECT DISTINCT ON (s.deck, s.keyed_by)
        s.deck, s.keyed_by, r.number, r.matched_by, r.prefix,
        CASE WHEN r.blocked_prices & 1 <> 0 THEN -1 ELSE r.interstate_nano_per_min END,
        CASE WHEN r.blocked_prices & 2 <> 0 THEN -1 ELSE r.intrastate_nano_per_min END,
        CASE WHEN r.blocked_prices & 4 <> 0 THEN -1 ELSE r.local_nano_per_min END,
        CASE WHEN r.blocked_prices & 8 <> 0 THEN -1 ELSE r.indeterminate_nano_per_min END,
        CASE WHEN r.blocked_prices & 16 <> 0 THEN -1 ELSE r.default_nano_per_min END,
        r.first_rate_nano_per_min, coalesce(r.connect_fee_nano, 0), r.first_sec, r.increment_sec,
        coalesce(r.grace_sec, 0)
    FROM speaking AS s
    JOIN row_of_code AS r
        ON r.deck = s.deck AND r.keyed_by = s.keyed_by AND r.age = s.age AND r.turn = s.turn AND r.code = s.code
    WHERE (r.starts IS NULL OR r.starts <= c.at) AND (r.ends IS NULL OR c.at < r.ends)
    ORDER BY s.deck, s.keyed_by, s.turn, coalesce(r.starts, r.effective_from) DESC, r.starts NULLS LAST;
END
$$;

-- Of each version the longest row that a number begins with; without a version where a row of the number has dates.
CREATE FUNCTION oracle.longest_rows(versions integer[], prefixes text[], keyed_by text) RETURNS oracle.price_row[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(v.deck, longest_rows.keyed_by, CASE WHEN NOT h.is_dated THEN v.number END, 'prefix', h.prefix,
            CASE WHEN h.blocked_prices & 1 <> 0 THEN -1 ELSE h.interstate_nano_per_min END,
            CASE WHEN h.blocked_prices & 2 <> 0 THEN -1 ELSE h.intrastate_nano_per_min END,
            CASE WHEN h.blocked_prices & 4 <> 0 THEN -1 ELSE h.local_nano_per_min END,
            CASE WHEN h.blocked_prices & 8 <> 0 THEN -1 ELSE h.indeterminate_nano_per_min END,
            CASE WHEN h.blocked_prices & 16 <> 0 THEN -1 ELSE h.default_nano_per_min END,
            h.first_rate_nano_per_min, coalesce(h.connect_fee_nano, 0), h.first_sec, h.increment_sec,
            coalesce(h.grace_sec, 0))::oracle.price_row
        FROM (
            SELECT DISTINCT ON (r.deck_version_id) r.*, r.starts IS NOT NULL OR r.ends IS NOT NULL AS is_dated
            FROM deck_row AS r
            WHERE r.deck_version_id = ANY (versions) AND r.prefix = ANY (prefixes)
            ORDER BY r.deck_version_id, r.starts IS NULL AND r.ends IS NULL, length(r.prefix) DESC
        ) AS h
        JOIN deck_version AS v ON v.id = h.deck_version_id);
END
$$;

-- The same, where a deck's newest version is full and no row of the number has dates: older versions and instants do
-- not matter then. Those decks are asked together, by one key at a time, so that PostgreSQL may choose between a probe
-- for each deck and beginning of the number, and, with an index on `deck_row (prefix)`, one for each beginning. Other
-- decks are asked in full.
CREATE FUNCTION oracle.price_rows(c oracle.call, decks text[], keys text[]) RETURNS SETOF oracle.price_row
LANGUAGE plpgsql STABLE AS $$
DECLARE
    of_dnis integer[];
    of_lrn integer[];
    found oracle.price_row[] := '{}';
    odd_decks text[];
    odd_keys text[];
BEGIN
    SELECT array_agg(n.id) FILTER (WHERE n.is_plain AND n.keyed_by = 'dnis'),
        array_agg(n.id) FILTER (WHERE n.is_plain AND n.keyed_by = 'lrn'),
        coalesce(array_agg(n.deck ORDER BY n.deck, n.keyed_by) FILTER (WHERE NOT n.is_plain), '{}') ,
        coalesce(array_agg(n.keyed_by ORDER BY n.deck, n.keyed_by) FILTER (WHERE NOT n.is_plain), '{}')
        INTO of_dnis, of_lrn, odd_decks, odd_keys
    FROM (
        SELECT DISTINCT ON (a.deck, a.keyed_by) a.deck, a.keyed_by, v.id,
            v.scope = 'full' AND a.keyed_by <> 'ocn' AND (c.cic IS NULL OR NOT c.toll_free) AS is_plain
        FROM unnest(decks, keys) AS a (deck, keyed_by)
        JOIN deck_version AS v ON v.deck = a.deck AND v.effective_from <= c.at
        ORDER BY a.deck, a.keyed_by, v.effective_from DESC, v.number DESC
    ) AS n;
    IF of_dnis IS NOT NULL THEN
        found := oracle.longest_rows(of_dnis, c.dnis_prefixes, 'dnis');
    END IF;
    IF of_lrn IS NOT NULL THEN
        found := found || oracle.longest_rows(of_lrn, c.lrn_prefixes, 'lrn');
    END IF;
    RETURN QUERY SELECT * FROM unnest(found) AS f WHERE f.version IS NOT NULL;
    SELECT odd_decks || coalesce(array_agg(f.deck), '{}'), odd_keys || coalesce(array_agg(f.keyed_by), '{}')
        INTO odd_decks, odd_keys FROM unnest(found) AS f WHERE f.version IS NULL;
    IF odd_decks <> '{}' THEN
        RETURN QUERY SELECT * FROM oracle.price_rows_of_versions(c, odd_decks, odd_keys);
    END IF;
END
$$;

-- A row's price a minute for a jurisdiction (3.7, 3.8): -1 blocked, NULL missing.
CREATE FUNCTION oracle.price_of(r oracle.price_row, jurisdiction text, is_one_state boolean, policy ij_policy)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    is_flat boolean := r.interstate IS NULL AND r.intrastate IS NULL;
    interstate bigint := CASE WHEN is_flat THEN r.default_price ELSE r.interstate END;
    intrastate bigint := CASE WHEN is_flat THEN r.default_price ELSE r.intrastate END;
    zone text := jurisdiction;
BEGIN
    IF zone = 'local' THEN
        IF r.local IS NOT NULL THEN
            RETURN r.local;
        END IF;
        zone := CASE WHEN is_one_state THEN 'intrastate' ELSE 'interstate' END;
    END IF;
    IF zone = 'interstate' THEN
        RETURN interstate;
    ELSIF zone = 'intrastate' THEN
        RETURN intrastate;
    ELSIF zone <> 'indeterminate' THEN
        RETURN coalesce(r.default_price, interstate);
    ELSIF coalesce(r.indeterminate, r.default_price) IS NOT NULL THEN
        RETURN coalesce(r.indeterminate, r.default_price);
    END IF;
    RETURN CASE policy
        WHEN 'interstate' THEN interstate
        WHEN 'intrastate' THEN intrastate
        WHEN 'higher' THEN CASE WHEN -1 IN (interstate, intrastate) THEN -1 ELSE greatest(interstate, intrastate) END
    END;
END
$$;

-- Seconds that a row bills (9.2, 9.3). A grace shorter than the first block is ignored.
CREATE FUNCTION oracle.billed_sec(first_sec integer, increment_sec integer, grace_sec integer, seconds integer)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE
        WHEN seconds <= 0 OR (seconds <= grace_sec AND first_sec <= grace_sec) THEN 0
        WHEN seconds <= first_sec THEN first_sec
        ELSE first_sec + (seconds::bigint - first_sec + increment_sec - 1) / increment_sec * increment_sec
    END;
END
$$;

-- Sixty times the exact cost of a call, in nano-units (9.4): a whole number.
CREATE FUNCTION oracle.cost_60(billed_sec bigint, first_sec integer, first_rate bigint, rate bigint, connect_fee bigint)
RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN billed_sec = 0 THEN 0
        ELSE connect_fee * 60::numeric + first_rate * first_sec::numeric + rate * (billed_sec - first_sec)::numeric
    END;
END
$$;

-- `amount / divisor` in nano-units, rounded once (9.4). Both are whole and not negative.
CREATE FUNCTION oracle.round_nano(amount numeric, divisor numeric, mode rounding_mode, decimals integer)
RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    unit numeric := CASE WHEN mode = 'none' THEN 1 ELSE (10 ^ (9 - decimals))::bigint END;
    step numeric := divisor * unit;
    whole numeric := div(amount, step);
    rest numeric := amount - whole * step;
BEGIN
    RETURN unit * (whole + CASE
        WHEN mode = 'up' AND rest > 0 THEN 1
        WHEN mode = 'half_up' AND rest * 2 >= step THEN 1
        WHEN mode = 'half_even' AND (rest * 2 > step OR (rest * 2 = step AND whole % 2 = 1)) THEN 1
        ELSE 0
    END);
END
$$;

-- Billionths of the plan's unit for one unit of a currency at an instant.
CREATE FUNCTION oracle.currency_rate_nano(currency text, plan_currency text, at timestamptz) RETURNS numeric
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF currency = plan_currency THEN
        RETURN 1000000000;
    END IF;
    RETURN (
        SELECT r.rate_nano FROM currency_rate AS r
        WHERE r.currency = currency_rate_nano.currency AND r.holds_from <= currency_rate_nano.at
        ORDER BY r.holds_from DESC LIMIT 1);
END
$$;
