-- One decision, in the order of section 2.

-- A call that is refused before its routes are asked.
CREATE FUNCTION oracle.rejected(c oracle.call) RETURNS oracle.decision LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(c, c.reject, '{}'::oracle.route_answer[])::oracle.decision
$$;

-- 2. The emergency routes in the plan's order, past everything below.
CREATE FUNCTION oracle.decide_emergency(c oracle.call) RETURNS oracle.decision LANGUAGE plpgsql STABLE AS $$
DECLARE
    d oracle.decision;
    e record;
    gateways record;
    answer oracle.route_answer;
    turn integer := 0;
    legs integer := 0;
BEGIN
    c.partition := NULL;
    c.dnis := CASE WHEN c.dialled = ANY ((c.settings).emergency_numbers) THEN c.dialled
        ELSE substr(c.dialled, length(c.tech_prefix) + 1) END;
    d.routes := '{}';
    FOR e IN
        SELECT r.id, r.provider FROM emergency_route AS l JOIN route AS r ON r.id = l.route ORDER BY l.position
    LOOP
        gateways := oracle.gateways_of(c, e.id, 8 - legs, turn);
        turn := gateways.turn;
        legs := legs + cardinality(gateways.ids);
        answer := NULL;
        answer.route := e.id;
        answer.provider := e.provider;
        answer.gateways := gateways.ids;
        answer.dial_strings := gateways.dial_strings;
        answer.deck_version := 0;
        answer.prefix := '';
        answer.currency := (c.settings).currency;
        answer.sell_currency := (c.settings).currency;
        answer.rate_nano := 0;
        answer.cost_nano := 0;
        answer.customer_rate_nano := 0;
        answer.price_nano := 0;
        answer.profit_nano := 0;
        answer.margin_nano := 0;
        IF gateways.ids = '{}' THEN
            answer.reason := 'no_gateway';
        ELSE
            answer.ordinal := cardinality(array_positions(ARRAY(SELECT reason FROM unnest(d.routes)), NULL)) + 1;
        END IF;
        d.routes := d.routes || answer;
    END LOOP;
    IF legs = 0 THEN
        d.reason := 'no_route';
        c.reject := 'no_route';
    END IF;
    d.call := c;
    RETURN d;
END
$$;

-- 10 and 11: the routes that are kept with their gateways, then the dropped ones by id; or the reject.
CREATE FUNCTION oracle.decide_routes(c oracle.call) RETURNS oracle.decision LANGUAGE plpgsql STABLE AS $$
DECLARE
    d oracle.decision;
    looked_at oracle.candidate[] := ARRAY(SELECT oracle.candidates(c));
    kept_max integer;
    sorted record;
    k record;
    gateways record;
    answer oracle.route_answer;
    legs integer := 0;
    turn integer;
    dropped oracle.route_answer[] := '{}';
BEGIN
    SELECT CASE WHEN p.strategy = 'primary' AND NOT c.bypass_lcr THEN 1 ELSE least(c.max_results, p.max_results) END
        INTO kept_max FROM partition AS p WHERE p.id = c.partition;
    sorted := oracle.order_routes(c, ARRAY(SELECT l FROM unnest(looked_at) AS l WHERE l.reason IS NULL), 0);
    turn := sorted.turn;
    d.routes := '{}';
    FOR k IN
        SELECT l.*, array_position(sorted.ordered, l.route) AS place FROM unnest(looked_at) AS l
        ORDER BY place NULLS LAST, l.route COLLATE "C"
    LOOP
        answer := ROW(NULL, k.route, k.provider, NULL, NULL, k.matched_by, k.prefix, k.deck_version, k.currency, k.rate_nano,
            k.cost_nano, k.sell_currency, k.customer_rate_nano, k.price_nano,
            (k.price_in_plan - k.cost_in_plan) / 1000000000, (k.customer_rate_in_plan - k.rate_in_plan) / 1000000000,
            k.reason)::oracle.route_answer;
        IF k.place <= kept_max THEN
            gateways := oracle.gateways_of(c, k.route, 8 - legs, turn);
            turn := gateways.turn;
            legs := legs + cardinality(gateways.ids);
            answer.ordinal := k.place;
            answer.gateways := gateways.ids;
            answer.dial_strings := gateways.dial_strings;
            d.routes := d.routes || answer;
        ELSE
            answer.reason := coalesce(k.reason, 'beyond_max_results');
            dropped := dropped || answer;
        END IF;
    END LOOP;
    IF legs = 0 THEN
        c.reject := coalesce((
            SELECT r FROM unnest(ARRAY['target_concurrency_exceeded', 'target_cps_exceeded', 'target_volume_exceeded',
                'target_spend_exceeded', 'insufficient_balance', 'over_rate_limit', 'margin_protected',
                'no_sell_rate']::reject_reason[]) WITH ORDINALITY AS t (r, n)
            WHERE EXISTS (SELECT FROM unnest(dropped) AS x WHERE x.reason = t.r)
            ORDER BY n LIMIT 1), 'no_route');
    END IF;
    d.routes := d.routes || dropped;
    d.reason := c.reject;
    d.call := c;
    RETURN d;
END
$$;

-- Reads like section 2. `c` holds what is given.
CREATE FUNCTION oracle.decide(c oracle.call) RETURNS oracle.decision LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT s INTO c.settings FROM plan_settings AS s;
    c.dialled := oracle.without_separators(c.given_dnis);
    c.short_code := false;
    c.did := false;
    c := oracle.find_trunk(c);
    IF c.reject IS NOT NULL THEN
        RETURN oracle.rejected(c);
    END IF;
    c.emergency := oracle.is_emergency(c);
    IF c.emergency THEN
        RETURN oracle.decide_emergency(c);
    END IF;
    c := oracle.check_status(c);
    IF c.reject IS NULL THEN
        c := oracle.read_numbers(c);
    END IF;
    IF c.reject IS NULL THEN
        c.dnis_place := CASE WHEN NOT c.short_code THEN oracle.place_of(c.dnis, (c.settings).toll_free_npas) END;
        c.toll_free := NOT c.short_code AND oracle.is_toll_free(c.dnis, (c.settings).toll_free_npas);
        c := oracle.find_did(c);
    END IF;
    IF c.reject IS NULL THEN
        c := oracle.screen(c);
    END IF;
    IF c.reject IS NULL THEN
        c := oracle.check_limits(c);
    END IF;
    IF c.reject IS NULL THEN
        c := oracle.check_funds(c);
    END IF;
    IF c.reject IS NULL THEN
        c := oracle.choose_partition(c);
    END IF;
    IF c.reject IS NOT NULL THEN
        RETURN oracle.rejected(c);
    END IF;
    c := oracle.find_jurisdiction(c);
    c := oracle.find_overrides(c);
    RETURN oracle.decide_routes(c);
END
$$;
