-- Step 10, second part (sections 4, 5, 9.6): every route of the partition with its prices and the first test that it
-- fails.

CREATE TYPE oracle.candidate AS (
    route text,
    provider text,
    is_forced boolean,
    priority integer,
    weight bigint,
    quality integer,
    deck_version integer,
    matched_by text,
    prefix text,
    currency text,
    rate_nano numeric,
    cost_nano numeric,
    cost_in_plan numeric,
    sell_currency text,
    customer_rate_nano numeric,
    price_nano numeric,
    price_in_plan numeric,
    rate_in_plan numeric,
    customer_rate_in_plan numeric,
    reason reject_reason
);
COMMENT ON TYPE oracle.candidate IS 'A route that was looked at. Amounts in plan are nano-units times a billion: exact.';

-- Whether an exclusion with a provider holds for the call.
CREATE FUNCTION oracle.excluded_providers(c oracle.call) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(array_agg(e.provider::text), '{}') FROM exclusion AS e
        WHERE e.provider IS NOT NULL
            AND (e.account IS NULL OR e.account = c.account)
            AND coalesce(c.at >= e.valid_from, true) AND coalesce(c.at < e.valid_until, true)
            AND (cardinality(e.prefixes) = 0 OR NOT c.short_code AND EXISTS (
                SELECT FROM unnest(e.prefixes) AS p WHERE starts_with(c.dnis, p))));
END
$$;

-- Why no gateway of a route takes the call: none is enabled and serves the LATA, or all that do are capped.
CREATE FUNCTION oracle.gateways_reason(route text, lata bigint) RETURNS reject_reason LANGUAGE plpgsql STABLE AS $$
DECLARE
    full_caps text[];
BEGIN
    SELECT array_agg(oracle.full_cap(g.cps_burst, g.concurrent_calls_max, g.minutes_per_month_max,
            EXISTS (SELECT FROM gateway_volume AS v WHERE v.gateway = g.id AND v.calls_max = 0),
            g.spend_per_day_max_nano))
        INTO full_caps
        FROM gateway AS g
        WHERE g.route = gateways_reason.route AND g.active
            AND (g.latas = '{}' OR gateways_reason.lata = ANY (g.latas));
    IF full_caps IS NULL THEN
        RETURN 'no_gateway';
    ELSIF array_position(full_caps, NULL) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT 'target_' || dimension || '_exceeded'
        FROM unnest(ARRAY['cps', 'concurrency', 'volume', 'spend']) WITH ORDINALITY AS d (dimension, turn)
        WHERE dimension = ANY (full_caps) ORDER BY turn LIMIT 1);
END
$$;

-- The first limit of route, provider or membership that is full.
CREATE FUNCTION oracle.owners_reason(route text, partition text) RETURNS reject_reason LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT ('target_' || coalesce(
            oracle.full_cap(r.cps_burst, r.concurrent_calls_max, r.minutes_per_month_max,
                EXISTS (SELECT FROM route_volume AS v WHERE v.route = r.id AND v.calls_max = 0),
                r.spend_per_day_max_nano),
            oracle.full_cap(p.cps_burst, p.concurrent_calls_max, p.minutes_per_month_max,
                EXISTS (SELECT FROM provider_volume AS v WHERE v.provider = p.id AND v.calls_max = 0),
                p.spend_per_day_max_nano),
            oracle.full_cap(m.cps_burst, m.concurrent_calls_max, m.minutes_per_month_max,
                EXISTS (SELECT FROM partition_member_volume AS v
                    WHERE v.partition = m.partition AND v.route = m.route AND v.calls_max = 0),
                m.spend_per_day_max_nano)) || '_exceeded')::reject_reason
        FROM route AS r
        JOIN provider AS p ON p.id = r.provider
        LEFT JOIN partition_member AS m ON m.partition = owners_reason.partition AND m.route = r.id
        WHERE r.id = owners_reason.route);
END
$$;

-- No gateway, or the first limit that is full: of route, provider, membership, then of all gateways.
CREATE FUNCTION oracle.limits_reason(route text, partition text, lata bigint) RETURNS reject_reason
LANGUAGE plpgsql STABLE AS $$
DECLARE
    of_gateways reject_reason := oracle.gateways_reason(route, lata);
BEGIN
    IF of_gateways = 'no_gateway' THEN
        RETURN of_gateways;
    END IF;
    RETURN coalesce(oracle.owners_reason(route, partition), of_gateways);
END
$$;

-- Whether a wallet above its threshold covers the first hold: money in the plan's currency (nano-units times a
-- billion), or seconds.
CREATE FUNCTION oracle.a_wallet_covers(account text, hold_in_plan numeric, hold_sec bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(bool_or(w.credit_limit > w.threshold AND CASE w.kind
            WHEN 'money' THEN w.credit_limit * 1000000000::numeric >= hold_in_plan
            ELSE w.credit_limit >= hold_sec
        END), true)
        FROM wallet AS w WHERE w.account = a_wallet_covers.account);
END
$$;

-- What a leg is sold at (9.6). `kind` says by what: `row`, `custom` or `plus`; NULL: by nothing.
CREATE TYPE oracle.sale AS (
    kind text,
    currency text,
    currency_rate numeric,
    rate bigint,
    first_rate bigint,
    connect_fee bigint,
    first_sec integer,
    increment_sec integer,
    grace_sec integer,
    rounding_mode rounding_mode,
    rounding_decimals integer,
    margin_nano_percent numeric,
    fixed_fee numeric
);
COMMENT ON TYPE oracle.sale IS 'What a call is sold at: by a row of the sell deck, an override, or cost-plus.';

CREATE FUNCTION oracle.find_sale(c oracle.call) RETURNS oracle.sale LANGUAGE plpgsql STABLE AS $$
DECLARE
    payer account;
    sell_deck deck;
    r oracle.price_row;
    price bigint;
    s oracle.sale;
    policy ij_policy;
BEGIN
    SELECT * INTO payer FROM account WHERE id = c.account;
    IF payer.sell_deck IS NOT NULL THEN
        SELECT * INTO sell_deck FROM deck WHERE id = payer.sell_deck;
        r := oracle.price_rows(c, ARRAY[sell_deck.id::text], ARRAY[payer.sell_key::text]);
        IF r.deck IS NOT NULL THEN
            policy := coalesce(sell_deck.ij_policy,
                (SELECT p.ij_policy FROM route JOIN provider AS p ON p.id = route.provider
                    WHERE route.deck = sell_deck.id LIMIT 1),
                'higher');
            price := oracle.price_of(r, c.jurisdiction, c.is_one_state, policy);
        END IF;
    END IF;
    IF c.custom_rate_nano IS NOT NULL AND coalesce(price, -1) = -1 THEN
        RETURN ROW('custom', (c.settings).currency, 1000000000, c.custom_rate_nano, c.custom_rate_nano, 0, 6, 6, 0,
            'half_up', 9, NULL, NULL)::oracle.sale;
    ELSIF price >= 0 THEN
        s := ROW('row', coalesce(sell_deck.currency, (c.settings).currency), NULL, coalesce(c.custom_rate_nano, price),
            coalesce(c.custom_rate_nano, r.first_rate, price), r.connect_fee, r.first_sec, r.increment_sec,
            r.grace_sec, sell_deck.rounding_mode, sell_deck.rounding_decimals, NULL, NULL)::oracle.sale;
        s.currency_rate := oracle.currency_rate_nano(s.currency, (c.settings).currency, c.at);
    ELSIF price IS NULL AND payer.cost_plus_margin_nano_percent IS NOT NULL THEN
        s.kind := 'plus';
        s.currency := (c.settings).currency;
        s.currency_rate := 1000000000;
        s.rounding_mode := payer.cost_plus_rounding_mode;
        s.rounding_decimals := payer.cost_plus_rounding_decimals;
        s.margin_nano_percent := payer.cost_plus_margin_nano_percent;
        s.fixed_fee := payer.cost_plus_fixed_fee_nano_per_min;
    END IF;
    RETURN s;
END
$$;

-- The sell price of a call in nano-units, where `buy_60` is 60 times its unrounded buy cost in the plan's nano-units
-- times a billion, and the provider bills `buy_billed_sec`.
CREATE FUNCTION oracle.sell_price(s oracle.sale, seconds integer, buy_60 numeric, buy_billed_sec bigint) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF s.kind IS NULL THEN
        RETURN NULL;
    ELSIF s.kind <> 'plus' THEN
        RETURN oracle.round_nano(
            oracle.cost_60(oracle.billed_sec(s.first_sec, s.increment_sec, s.grace_sec, seconds), s.first_sec,
                s.first_rate, s.rate, s.connect_fee),
            60, s.rounding_mode, s.rounding_decimals);
    END IF;
    -- 100 % are 10^11 nano-percent.
    RETURN oracle.round_nano(
        buy_60 * (100000000000 + s.margin_nano_percent) + s.fixed_fee * buy_billed_sec * 100000000000000000000::numeric,
        60 * 100000000000000000000::numeric, s.rounding_mode, s.rounding_decimals);
END
$$;
