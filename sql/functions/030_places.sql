-- Where numbers are (3.2, 2.6): numbering table by thousands block, then by exchange, then the area code.

-- The country of a prefix outside NANP or in it: that of the one country code that it is in; NULL if it reaches into
-- several or is in none (10.5).
CREATE FUNCTION oracle.country_of_prefix(prefix text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT country FROM oracle.country_code
    WHERE code IN (left(prefix, 1), left(prefix, 2), left(prefix, 3))
$$;

-- A NANP number's place. What a row leaves empty is taken from the next; of a row of another country nothing is. A
-- territory written as a state is the territory. Area codes of no geography, toll-free ones and the exchange 976 are
-- in no country, whatever the table says.
CREATE FUNCTION oracle.place_of(number text, more_toll_free smallint[]) RETURNS oracle.place LANGUAGE sql STABLE AS $$
    WITH source AS (
        SELECT 1 AS turn, country::text, state, lata, ocn, tier, rate_center
        FROM number_block WHERE prefix = substr(number, 2, 7)
        UNION ALL
        SELECT 2, country::text, state, lata, ocn, tier, rate_center
        FROM number_block WHERE prefix = substr(number, 2, 6)
        UNION ALL
        SELECT 3, country::text, state, 0, '', 0::smallint, ''
        FROM oracle.npa WHERE npa = substr(number, 2, 3) AND country IS NOT NULL
    ),
    normal AS (
        SELECT turn, lata, ocn, tier, rate_center,
            CASE WHEN is_territory THEN state ELSE country END AS country,
            CASE WHEN is_territory THEN '' ELSE state END AS state
        FROM source, LATERAL (SELECT country = 'US' AND state IN ('PR', 'VI', 'GU', 'AS', 'MP')) AS t (is_territory)
    ),
    chosen AS (
        SELECT country FROM normal
        WHERE substr(number, 5, 3) <> '976'
            AND NOT oracle.is_toll_free(number, more_toll_free)
            AND NOT EXISTS (SELECT FROM oracle.npa WHERE npa = substr(number, 2, 3) AND npa.country IS NULL)
        ORDER BY turn LIMIT 1
    )
    SELECT ROW(
        (SELECT country FROM chosen),
        coalesce((SELECT state FROM normal JOIN chosen USING (country) WHERE state <> '' ORDER BY turn LIMIT 1), ''),
        coalesce((SELECT lata FROM normal WHERE lata <> 0 ORDER BY turn LIMIT 1), 0),
        coalesce((SELECT ocn FROM normal WHERE ocn <> '' ORDER BY turn LIMIT 1), ''),
        coalesce((SELECT tier FROM normal WHERE tier <> 0 ORDER BY turn LIMIT 1), 0),
        coalesce((SELECT rate_center FROM normal WHERE rate_center <> '' ORDER BY turn LIMIT 1), '')
    )::oracle.place
    WHERE oracle.is_nanp(number)
$$;

-- A state of the US or DC: what makes a number geographic and lets its state decide the jurisdiction.
CREATE FUNCTION oracle.in_us_state(place oracle.place) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(place.country = 'US' AND place.state IN (
        'AL', 'AK', 'AZ', 'AR', 'CA', 'CO', 'CT', 'DE', 'DC', 'FL', 'GA', 'HI', 'ID', 'IL', 'IN', 'IA', 'KS', 'KY', 'LA',
        'ME', 'MD', 'MA', 'MI', 'MN', 'MS', 'MO', 'MT', 'NE', 'NV', 'NH', 'NJ', 'NM', 'NY', 'NC', 'ND', 'OH', 'OK', 'OR',
        'PA', 'RI', 'SC', 'SD', 'TN', 'TX', 'UT', 'VT', 'VA', 'WA', 'WV', 'WI', 'WY'), false)
$$;
