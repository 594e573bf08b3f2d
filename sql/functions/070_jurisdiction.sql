-- Step 10, first part (section 3): whose LRN counts, where both sides are, and what that makes of the call.

-- Whether a called LRN counts: its word does (3.9), the number can be ported, and abroad only to the same country; and
-- it is itself no number of a service (3.1). An LRN is a NANP number.
CREATE FUNCTION oracle.called_lrn(c oracle.call) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    lrn text := oracle.read_number(oracle.without_separators(c.given_dnis_lrn));
BEGIN
    IF NOT oracle.is_nanp(lrn) OR NOT (c.dnis_lrn_dipped OR coalesce(c.trust_lrn, false)) THEN
        RETURN NULL;
    END IF;
    IF NOT oracle.is_service(lrn, (c.settings).toll_free_npas)
        AND (oracle.in_us_state(c.dnis_place)
            OR (c.dnis_place).country = (oracle.place_of(lrn, (c.settings).toll_free_npas)).country) THEN
        RETURN lrn;
    END IF;
    RETURN NULL;
END
$$;

-- Whether a calling LRN counts: the plan says so, its word does, and the ANI is neither toll-free nor foreign.
CREATE FUNCTION oracle.calling_lrn(c oracle.call, ani_place oracle.place) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    lrn text := oracle.read_number(oracle.without_separators(c.given_ani_lrn));
    country text := CASE WHEN oracle.is_nanp(c.ani) THEN ani_place.country ELSE oracle.country_of_prefix(c.ani) END;
BEGIN
    IF oracle.is_nanp(lrn)
        AND (c.settings).use_ani_lrn
        AND (c.ani_lrn_dipped OR coalesce(c.trust_lrn, false))
        AND NOT oracle.is_toll_free(coalesce(c.ani, ''), (c.settings).toll_free_npas)
        AND coalesce(country IN ('US', 'PR', 'VI', 'GU', 'AS', 'MP'), true) THEN
        RETURN lrn;
    END IF;
    RETURN NULL;
END
$$;

-- The comparison of states (3.5, 3.6): both in the US and found, or indeterminate.
CREATE FUNCTION oracle.compare_states(called oracle.place, calling oracle.place) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN NOT oracle.in_us_state(called) OR NOT oracle.in_us_state(calling) THEN 'indeterminate'
        WHEN called.state = calling.state THEN 'intrastate'
        ELSE 'interstate'
    END
$$;

-- Whether two rate centres call each other locally: only if they are listed, in either direction.
CREATE FUNCTION oracle.is_local(a oracle.place, b oracle.place) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT EXISTS (
            SELECT FROM local_pair AS p
            WHERE (p.state_a, p.rate_center_a, p.state_b, p.rate_center_b) = (a.state, a.rate_center, b.state, b.rate_center))
        OR EXISTS (
            SELECT FROM local_pair AS p
            WHERE (p.state_a, p.rate_center_a, p.state_b, p.rate_center_b) = (b.state, b.rate_center, a.state, a.rate_center)));
END
$$;

CREATE FUNCTION oracle.find_jurisdiction(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    more_toll_free smallint[] := (c.settings).toll_free_npas;
    ani_place oracle.place;
    called oracle.place;
    calling oracle.place;
    compared text;
BEGIN
    IF NOT c.short_code THEN
        c.dnis_lrn := oracle.called_lrn(c);
    END IF;
    ani_place := oracle.place_of(c.ani, more_toll_free);
    c.ani_lrn := oracle.calling_lrn(c, ani_place);
    called := CASE WHEN c.dnis_lrn IS NULL THEN c.dnis_place ELSE oracle.place_of(c.dnis_lrn, more_toll_free) END;
    calling := CASE WHEN c.ani_lrn IS NULL THEN ani_place ELSE oracle.place_of(c.ani_lrn, more_toll_free) END;
    -- A short code is priced by exactly itself; a row of prefix 1 prices only what is in the US on both sides of a port
    -- (4.5).
    c.dnis_prefixes := CASE WHEN c.short_code THEN ARRAY[c.dnis] ELSE oracle.beginnings(c.dnis) END;
    c.lrn_prefixes := CASE WHEN c.dnis_lrn IS NULL THEN c.dnis_prefixes ELSE oracle.beginnings(c.dnis_lrn) END;
    IF NOT oracle.in_us_state(c.dnis_place) THEN
        c.dnis_prefixes := array_remove(c.dnis_prefixes, '1');
    END IF;
    IF NOT oracle.in_us_state(c.dnis_place) OR NOT oracle.in_us_state(called) THEN
        c.lrn_prefixes := array_remove(c.lrn_prefixes, '1');
    END IF;
    c.ani_class := coalesce(c.given_ani_class, CASE
        WHEN oracle.in_us_state(ani_place) THEN 'DOM'::ani_class
        WHEN oracle.is_toll_free(c.ani, more_toll_free) THEN 'DOMTF'
        ELSE 'INTL'
    END);
    IF called.country = 'US' AND c.given_state IS NOT NULL THEN
        called.state := c.given_state;
    END IF;
    c.ani_state := CASE WHEN calling.country = 'US' THEN nullif(calling.state, '') END;
    c.state := CASE WHEN called.country = 'US' THEN nullif(called.state, '') END;
    c.ocn := coalesce(c.given_ocn, nullif(called.ocn, ''));
    c.lata := coalesce(c.given_lata, nullif(called.lata, 0));
    c.tier := nullif(called.tier, 0);
    compared := oracle.compare_states(called, calling);
    c.is_one_state := coalesce(oracle.in_us_state(calling)
        AND calling.state = coalesce(c.given_state, CASE WHEN called.country = 'US' THEN called.state END), false);
    c.jurisdiction := coalesce(c.given_zone, CASE
        WHEN c.short_code THEN 'indeterminate'
        WHEN c.toll_free THEN 'toll_free'
        WHEN NOT oracle.is_nanp(c.dnis) THEN 'international'
        WHEN called.country <> 'US' THEN 'zone1'
        WHEN compared = 'indeterminate' THEN 'indeterminate'
        WHEN oracle.is_local(c.dnis_place, calling) THEN 'local'
        ELSE compared
    END);
    IF c.jurisdiction = 'indeterminate' THEN
        c.jurisdiction := coalesce(c.given_indeterminate_zone, 'indeterminate');
    END IF;
    RETURN c;
END
$$;

-- The overrides that match (4.6), each effect by itself, the strongest first.
CREATE FUNCTION oracle.find_overrides(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    strongest record;
BEGIN
    WITH matching AS (
        SELECT o.*, row_number() OVER (ORDER BY
            CASE
                WHEN o.trunk IS NOT NULL AND o.prefix IS NOT NULL THEN 1
                WHEN o.trunk IS NOT NULL THEN 2
                WHEN o.account IS NOT NULL AND o.prefix IS NOT NULL THEN 3
                WHEN o.account IS NOT NULL THEN 4
                WHEN o.partition IS NOT NULL AND o.prefix IS NOT NULL THEN 5
                WHEN o.partition IS NOT NULL THEN 6
                WHEN o.prefix IS NOT NULL THEN 7
                ELSE 8
            END,
            length(o.prefix) DESC NULLS LAST, o.scheduled DESC, o.valid_from DESC NULLS LAST, o.id) AS turn
        FROM override AS o
        WHERE (o.trunk IS NULL OR o.trunk = c.trunk)
            AND (o.account IS NULL OR o.account = c.account)
            AND (o.partition IS NULL OR o.partition = c.partition)
            AND (o.prefix IS NULL OR CASE WHEN c.short_code THEN o.prefix = c.dnis ELSE starts_with(c.dnis, o.prefix) END)
            AND oracle.override_is_in_force(o, c.at)
    )
    SELECT (array_agg(forced_route ORDER BY turn) FILTER (WHERE forced_route IS NOT NULL))[1] AS forced_route,
        (array_agg(forced_mode ORDER BY turn) FILTER (WHERE forced_route IS NOT NULL))[1] AS forced_mode,
        (array_agg(custom_rate_nano_per_min ORDER BY turn) FILTER (WHERE custom_rate_nano_per_min IS NOT NULL))[1]
            AS custom_rate,
        coalesce(bool_or(bypass_lcr), false) AS bypass_lcr
    INTO strongest FROM matching;
    c.forced_route := strongest.forced_route;
    c.forced_mode := strongest.forced_mode;
    c.custom_rate_nano := strongest.custom_rate;
    c.bypass_lcr := strongest.bypass_lcr;
    RETURN c;
END
$$;
