-- The routes of a call: one query that prices them all, and the tests of section 5 in their order.
CREATE FUNCTION oracle.candidates(c oracle.call) RETURNS SETOF oracle.candidate LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    s oracle.sale := oracle.find_sale(c);
    payer account;
    part partition;
    excluded text[] := oracle.excluded_providers(c);
    reference_sec integer := (c.settings).reference_duration_sec;
    hold_sec integer := (c.settings).hold_interval_sec;
    plan_currency text := (c.settings).currency;
    is_nanp boolean := oracle.is_nanp(c.dnis);
    rate_limit_nano numeric;
BEGIN
    SELECT * INTO payer FROM account WHERE id = c.account;
    SELECT * INTO part FROM partition WHERE id = c.partition;
    rate_limit_nano := least(c.rate_limit_nano, part.rate_limit_nano_per_min);
    RETURN QUERY
    WITH looked_at AS (
        SELECT r.id, r.provider, r.deck, r.quality, r.ani_classes, r.id IS NOT DISTINCT FROM c.forced_route AS is_forced,
            coalesce(m.priority, 0) AS priority, m.weight,
            r.active AND p.active AND (coalesce(m.active, true) OR r.id IS NOT DISTINCT FROM c.forced_route)
                AND p.kind <> 'rate_deck' AS is_usable,
            p.traffic, p.ij_policy,
            CASE
                WHEN p.kind = 'ocn_lata' AND is_nanp THEN 'ocn'
                WHEN p.kind = 'lrn' AND is_nanp THEN 'lrn'
                ELSE 'dnis'
            END AS keyed_by
        FROM (
            SELECT route FROM partition_member WHERE partition = c.partition
            UNION SELECT c.forced_route WHERE c.forced_route IS NOT NULL
        ) AS listed
        JOIN route AS r ON r.id = listed.route
        JOIN provider AS p ON p.id = r.provider
        LEFT JOIN partition_member AS m ON m.partition = c.partition AND m.route = r.id
    ),
    price_row AS (
        SELECT pr FROM oracle.price_rows(c,
            ARRAY(SELECT deck::text FROM looked_at WHERE deck IS NOT NULL ORDER BY id),
            ARRAY(SELECT keyed_by FROM looked_at WHERE deck IS NOT NULL ORDER BY id)) AS pr
    ),
    priced AS (
        SELECT l.*, pr, coalesce(d.currency, plan_currency) AS currency,
            d.rounding_mode, d.rounding_decimals,
            CASE WHEN l.deck IS NULL THEN 0
                ELSE oracle.price_of(pr, c.jurisdiction, c.is_one_state, coalesce(d.ij_policy, l.ij_policy)) END AS rate,
            CASE WHEN l.deck IS NULL THEN 1 ELSE (pr).first_sec END AS first_sec,
            CASE WHEN l.deck IS NULL THEN 1 ELSE (pr).increment_sec END AS increment_sec,
            coalesce((pr).grace_sec, 0) AS grace_sec,
            coalesce((pr).connect_fee, 0) AS connect_fee
        FROM looked_at AS l
        LEFT JOIN deck AS d ON d.id = l.deck
        LEFT JOIN price_row ON (pr).deck = l.deck AND (pr).keyed_by = l.keyed_by
    ),
    bought AS (
        SELECT p.*, x.rate_of_currency, billed.sec AS billed_sec, hold.sec AS hold_sec,
            cost.of_60 * x.rate_of_currency AS buy_60,
            oracle.round_nano(cost.of_60, 60, coalesce(p.rounding_mode, 'half_up'), coalesce(p.rounding_decimals, 9)) AS cost
        FROM priced AS p
        CROSS JOIN LATERAL (SELECT oracle.currency_rate_nano(p.currency, plan_currency, c.at)) AS x (rate_of_currency)
        CROSS JOIN LATERAL (
            SELECT oracle.billed_sec(p.first_sec, p.increment_sec, p.grace_sec, reference_sec)) AS billed (sec)
        CROSS JOIN LATERAL (
            SELECT greatest(hold_sec, coalesce(s.first_sec, p.first_sec))) AS hold (sec)
        CROSS JOIN LATERAL (
            SELECT oracle.cost_60(billed.sec, p.first_sec, coalesce((p.pr).first_rate, p.rate), p.rate, p.connect_fee)
            WHERE p.rate >= 0) AS cost (of_60)
    ),
    sold AS (
        SELECT b.*, oracle.sell_price(s, reference_sec, b.buy_60, b.billed_sec) AS price,
            CASE WHEN s.kind = 'plus'
                THEN oracle.round_nano(
                    b.rate * b.rate_of_currency * (100000000000 + s.margin_nano_percent)
                        + s.fixed_fee * 100000000000000000000::numeric,
                    100000000000000000000::numeric, 'half_up', 9)
                ELSE s.rate
            END AS customer_rate
        FROM bought AS b
    ),
    tested AS (
        SELECT l.id, l.provider, l.is_forced, l.priority, l.weight, l.quality, b.pr, b.currency, b.rate, b.cost, b.price,
            b.customer_rate, b.rate_of_currency,
            CASE
                WHEN c.forced_mode = 'only' AND NOT l.is_forced THEN 'overridden'
                WHEN NOT l.is_usable THEN 'disabled'
                WHEN l.provider = ANY (excluded) THEN 'excluded'
                WHEN l.provider = c.trunk_provider THEN 'loop'
                WHEN c.ani_class <> ALL (l.ani_classes) THEN 'ani_class'
                WHEN payer.traffic <> ALL (l.traffic) THEN 'traffic_class'
                WHEN l.rate = -1 THEN 'blocked_row'
                WHEN l.rate IS NULL THEN 'no_rate'
                WHEN s.kind IS NULL THEN 'no_sell_rate'
                WHEN NOT l.is_forced AND b.rate * b.rate_of_currency > rate_limit_nano * 1000000000 THEN 'over_rate_limit'
                WHEN NOT l.is_forced AND CASE payer.min_margin_kind
                        WHEN 'amount' THEN b.price * s.currency_rate - b.cost * b.rate_of_currency
                            < payer.min_margin_nano * 1000000000::numeric
                        WHEN 'percent' THEN (b.price * s.currency_rate - b.cost * b.rate_of_currency) * 100000000000
                            < payer.min_margin_nano * (b.price * s.currency_rate)
                        ELSE false
                    END THEN 'margin_protected'
                WHEN NOT l.is_forced AND l.quality < part.min_quality THEN 'low_quality'
                ELSE coalesce(
                    oracle.limits_reason(l.id, c.partition, c.lata)::text,
                    CASE WHEN NOT oracle.a_wallet_covers(c.account,
                        oracle.sell_price(s, b.hold_sec,
                            oracle.cost_60(oracle.billed_sec(b.first_sec, b.increment_sec, b.grace_sec, b.hold_sec),
                                b.first_sec, coalesce((b.pr).first_rate, b.rate), b.rate, b.connect_fee)
                                * b.rate_of_currency,
                            oracle.billed_sec(b.first_sec, b.increment_sec, b.grace_sec, b.hold_sec)) * s.currency_rate,
                        CASE WHEN s.kind = 'plus'
                            THEN oracle.billed_sec(b.first_sec, b.increment_sec, b.grace_sec, b.hold_sec)
                            ELSE oracle.billed_sec(s.first_sec, s.increment_sec, s.grace_sec, b.hold_sec)
                        END) THEN 'insufficient_balance' END)
            END AS reason
        FROM priced AS l
        LEFT JOIN sold AS b ON b.id = l.id
    )
    SELECT t.id::text, t.provider::text, t.is_forced, t.priority, t.weight, t.quality, coalesce((t.pr).version, 0),
        (t.pr).matched_by, coalesce((t.pr).prefix, ''), t.currency::text, t.rate::numeric, t.cost, t.cost * t.rate_of_currency,
        s.currency, t.customer_rate::numeric, t.price, t.price * s.currency_rate,
        t.rate * t.rate_of_currency, t.customer_rate * s.currency_rate, t.reason::reject_reason
    FROM tested AS t
    ORDER BY t.id;
END
$$;
