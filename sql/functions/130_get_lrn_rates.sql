-- The two functions that others call. All parameters are named and have defaults: a caller gives what it has.
--
-- Their queries are planned once a connection: planning costs more than they do.
--
-- `SELECT * FROM get_lrn_rates(account_in => 'acme', prefix_in => '12125550100', ani_in => '13035550100')`

-- The call as given. Amounts are in units of the plan's currency; an empty text is not given.
CREATE FUNCTION oracle.given_call(machineid_in text, account_in text, effectivezone_in text, lrn_in text, prefix_in text,
    ocn_in text, lata_in text, state_in text, ratelimit_in numeric, ij_in text, ani_class_in text, max_results integer,
    call_id_in text, at_in timestamptz, ani_in text, ani_lrn_in text, trunk_in text, source_in inet, user_in text,
    cic_in text, lrn_dipped_in boolean, ani_lrn_dipped_in boolean) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    c oracle.call;
BEGIN
    c.given_partition := nullif(machineid_in, '');
    c.given_account := nullif(account_in, '');
    c.given_zone := nullif(effectivezone_in, '');
    c.given_dnis_lrn := nullif(lrn_in, '');
    c.given_dnis := coalesce(prefix_in, '');
    c.given_ocn := nullif(upper(ocn_in), '');
    c.given_lata := nullif(nullif(lata_in, '')::bigint, 0);
    c.given_state := nullif(upper(state_in), '');
    c.rate_limit_nano := ratelimit_in * 1000000000;
    c.given_indeterminate_zone := nullif(ij_in, '');
    c.given_ani_class := nullif(ani_class_in, '');
    c.max_results := max_results;
    c.call_id := convert_to(coalesce(call_id_in, ''), 'UTF8');
    c.at := at_in;
    c.given_ani := ani_in;
    c.given_ani_lrn := nullif(ani_lrn_in, '');
    c.given_trunk := nullif(trunk_in, '');
    c.given_source := source_in;
    c.given_user := nullif(user_in, '');
    c.cic := nullif(cic_in, '');
    c.dnis_lrn_dipped := lrn_dipped_in;
    c.ani_lrn_dipped := ani_lrn_dipped_in;
    IF c.given_zone NOT IN ('interstate', 'intrastate', 'local', 'indeterminate', 'toll_free', 'zone1', 'international') THEN
        RAISE EXCEPTION 'effectivezone_in: % is no jurisdiction', c.given_zone
            USING HINT = 'One of interstate, intrastate, local, indeterminate, toll_free, zone1, international.';
    ELSIF c.given_indeterminate_zone NOT IN ('interstate', 'intrastate') THEN
        RAISE EXCEPTION 'ij_in: % is neither interstate nor intrastate', c.given_indeterminate_zone;
    ELSIF c.max_results < 1 THEN
        RAISE EXCEPTION 'max_results: % is less than 1', c.max_results USING HINT = '1 to 8; 8 if it is not given.';
    END IF;
    RETURN c;
END
$$;

-- The routes of a call: the kept ones in order, then the others, each with the reason why not. Amounts in units of
-- their currency; margin (of a minute) and profit (of the reference call) in the plan's.
CREATE FUNCTION get_lrn_rates(machineid_in text DEFAULT NULL, account_in text DEFAULT NULL,
    effectivezone_in text DEFAULT NULL, lrn_in text DEFAULT NULL, prefix_in text DEFAULT NULL, ocn_in text DEFAULT NULL,
    lata_in text DEFAULT NULL, state_in text DEFAULT NULL, ratelimit_in numeric DEFAULT NULL, ij_in text DEFAULT NULL,
    ani_class_in text DEFAULT NULL, max_results integer DEFAULT NULL, call_id_in text DEFAULT NULL,
    at_in timestamptz DEFAULT now(), ani_in text DEFAULT NULL, ani_lrn_in text DEFAULT NULL, trunk_in text DEFAULT NULL,
    source_in inet DEFAULT NULL, user_in text DEFAULT NULL, cic_in text DEFAULT NULL,
    lrn_dipped_in boolean DEFAULT true, ani_lrn_dipped_in boolean DEFAULT true)
RETURNS TABLE (ordinal integer, route text, gateways text[], dial_strings text[], provider text, matched_by text, prefix text,
    deck_version integer, rate numeric, customer_rate numeric, cost numeric, price numeric, margin numeric,
    profit numeric, currency text, sell_currency text, reason reject_reason)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    d oracle.decision := oracle.decide(oracle.given_call(machineid_in, account_in, effectivezone_in, lrn_in, prefix_in,
        ocn_in, lata_in, state_in, ratelimit_in, ij_in, ani_class_in, max_results, call_id_in, at_in, ani_in, ani_lrn_in,
        trunk_in, source_in, user_in, cic_in, lrn_dipped_in, ani_lrn_dipped_in));
BEGIN
    RETURN QUERY SELECT a.ordinal, a.route, a.gateways, a.dial_strings, a.provider, a.matched_by, a.prefix, a.deck_version,
        trim_scale(a.rate_nano * 0.000000001), trim_scale(a.customer_rate_nano * 0.000000001),
        trim_scale(a.cost_nano * 0.000000001), trim_scale(a.price_nano * 0.000000001),
        trim_scale(a.margin_nano * 0.000000001), trim_scale(a.profit_nano * 0.000000001),
        a.currency, a.sell_currency, a.reason
    FROM unnest(d.routes) AS a;
END
$$;
COMMENT ON FUNCTION get_lrn_rates IS 'The routes of a call in order with their prices, then the dropped ones with the reason; an independent implementation of the rules.';

-- What is known of a call and whether it is routed; the routes with amounts in nano-units.
CREATE FUNCTION decide_call(machineid_in text DEFAULT NULL, account_in text DEFAULT NULL,
    effectivezone_in text DEFAULT NULL, lrn_in text DEFAULT NULL, prefix_in text DEFAULT NULL, ocn_in text DEFAULT NULL,
    lata_in text DEFAULT NULL, state_in text DEFAULT NULL, ratelimit_in numeric DEFAULT NULL, ij_in text DEFAULT NULL,
    ani_class_in text DEFAULT NULL, max_results integer DEFAULT NULL, call_id_in text DEFAULT NULL,
    at_in timestamptz DEFAULT now(), ani_in text DEFAULT NULL, ani_lrn_in text DEFAULT NULL, trunk_in text DEFAULT NULL,
    source_in inet DEFAULT NULL, user_in text DEFAULT NULL, cic_in text DEFAULT NULL,
    lrn_dipped_in boolean DEFAULT true, ani_lrn_dipped_in boolean DEFAULT true)
RETURNS TABLE (decision text, reason reject_reason, trunk text, account text, partition text, jurisdiction text, ani text,
    dnis text, ani_lrn text, dnis_lrn text, ani_class ani_class, ani_state text, state text, ocn text, lata bigint,
    emergency boolean, routes oracle.route_answer[])
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    d oracle.decision := oracle.decide(oracle.given_call(machineid_in, account_in, effectivezone_in, lrn_in, prefix_in,
        ocn_in, lata_in, state_in, ratelimit_in, ij_in, ani_class_in, max_results, call_id_in, at_in, ani_in, ani_lrn_in,
        trunk_in, source_in, user_in, cic_in, lrn_dipped_in, ani_lrn_dipped_in));
    c oracle.call := d.call;
BEGIN
    RETURN QUERY SELECT CASE WHEN d.reason IS NULL THEN 'routed' ELSE 'rejected' END, d.reason, c.trunk, c.account,
        c.partition, c.jurisdiction, c.ani, c.dnis, c.ani_lrn, c.dnis_lrn, c.ani_class, c.ani_state, c.state, c.ocn,
        c.lata, coalesce(c.emergency, false), d.routes;
END
$$;
COMMENT ON FUNCTION decide_call IS 'One row: whether a call is routed, why not, and what is known of it; an independent implementation of the rules.';
