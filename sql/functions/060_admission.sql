-- Steps 6 to 9 of a decision: screening, limits, funds, partition.

-- What a called number is to those who allow or forbid it (2.6): class NULL for a short code, country NULL if none.
CREATE FUNCTION oracle.destination(c oracle.call, OUT class destination_class, OUT country text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF c.short_code THEN
        RETURN;
    ELSIF c.dnis LIKE '1900%' OR c.dnis LIKE '1___976%' AND length(c.dnis) = 11
        OR EXISTS (SELECT FROM unnest((c.settings).premium_prefixes) AS p WHERE starts_with(c.dnis, p)) THEN
        class := 'premium';
    ELSIF c.toll_free THEN
        class := 'toll_free';
    ELSIF NOT oracle.is_nanp(c.dnis) THEN
        class := 'international';
        country := oracle.country_of_prefix(c.dnis);
    ELSIF oracle.in_us_state(c.dnis_place) THEN
        class := 'domestic';
        country := 'US';
    ELSIF (c.dnis_place).country <> 'US' THEN
        class := 'international';
        country := (c.dnis_place).country;
    ELSE
        class := 'premium';
    END IF;
END
$$;

-- Whether lists of classes and countries let a call through. Premium and toll-free numbers have no country to ask of;
-- a number whose country is not known passes all but `only`.
CREATE FUNCTION oracle.destination_passes(class destination_class, country text, classes destination_class[],
    rule country_rule, countries country_code[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT class IS NULL OR (
        (classes IS NULL OR class = ANY (classes))
        AND (class IN ('premium', 'toll_free') OR CASE rule
            WHEN 'all' THEN true
            WHEN 'only' THEN coalesce(country = ANY (countries), false)
            ELSE coalesce(country <> ALL (countries), true)
        END))
$$;

-- Whether the lists of account and trunk together block a number: the longest entry decides, of equal ones the
-- allowing one. `1___976` has its 7 characters.
CREATE FUNCTION oracle.is_blocked(c oracle.call, number text, blocking screening_list, allowing screening_list)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH entry AS (
            SELECT list, prefix FROM account_screening WHERE account = c.account AND list IN (blocking, allowing)
            UNION ALL
            SELECT list, prefix FROM trunk_screening WHERE trunk = c.trunk AND list IN (blocking, allowing)
        )
        SELECT coalesce(max(length(prefix)) FILTER (WHERE list = blocking), 0)
            > coalesce(max(length(prefix)) FILTER (WHERE list = allowing), 0)
        FROM entry WHERE number LIKE prefix || '%');
END
$$;

-- Whether an exclusion without a provider refuses the destination.
CREATE FUNCTION oracle.destination_is_excluded(c oracle.call) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT EXISTS (
            SELECT FROM exclusion AS e
            WHERE e.provider IS NULL
                AND (e.account IS NULL OR e.account = c.account)
                AND coalesce(c.at >= e.valid_from, true) AND coalesce(c.at < e.valid_until, true)
                AND EXISTS (SELECT FROM unnest(e.prefixes) AS p WHERE starts_with(c.dnis, p))));
END
$$;

-- 6.
CREATE FUNCTION oracle.screen(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    destination record;
BEGIN
    IF oracle.is_nanp(c.ani) AND EXISTS (
        SELECT FROM dno WHERE pattern IN (substr(c.ani, 2, 3), substr(c.ani, 2, 6), substr(c.ani, 2, 7), substr(c.ani, 2))) THEN
        c.reject := 'dno';
    ELSIF c.ani IS NOT NULL AND oracle.is_blocked(c, c.ani, 'blocked_ani', 'allowed_ani') THEN
        c.reject := 'blocked_ani';
    ELSIF NOT c.short_code AND oracle.is_blocked(c, c.dnis, 'blocked_dnis', 'allowed_dnis') THEN
        c.reject := 'blocked_dnis';
    ELSE
        destination := oracle.destination(c);
        c.reject := CASE
            WHEN EXISTS (
                SELECT FROM account AS a WHERE a.id = c.account AND NOT oracle.destination_passes(
                    destination.class, destination.country, a.destination_classes, a.country_rule, a.countries))
                OR EXISTS (
                SELECT FROM trunk AS t WHERE t.id = c.trunk AND NOT oracle.destination_passes(
                    destination.class, destination.country, t.destination_classes, t.country_rule, t.countries))
                THEN 'destination_not_allowed'
            WHEN NOT c.short_code AND oracle.destination_is_excluded(c) THEN 'excluded'
        END;
    END IF;
    RETURN c;
END
$$;

-- The first dimension of an unused owner's caps that admits nothing: a cap of 0. NULL where calls pass.
CREATE FUNCTION oracle.full_cap(cps_burst bigint, concurrent_calls_max bigint, minutes_per_month_max bigint,
    volume_is_full boolean, spend_per_day_max_nano bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN cps_burst = 0 THEN 'cps'
        WHEN concurrent_calls_max = 0 THEN 'concurrency'
        WHEN minutes_per_month_max = 0 OR volume_is_full THEN 'volume'
        WHEN spend_per_day_max_nano = 0 THEN 'spend'
    END
$$;

-- 7. CPS of account and trunk; then the account's others, then the trunk's.
CREATE FUNCTION oracle.check_limits(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    of_account text;
    of_trunk text;
BEGIN
    SELECT oracle.full_cap(a.cps_burst, a.concurrent_calls_max, a.minutes_per_month_max,
            EXISTS (SELECT FROM account_volume AS v WHERE v.account = a.id AND v.calls_max = 0),
            a.spend_per_day_max_nano)
        INTO of_account FROM account AS a WHERE a.id = c.account;
    SELECT oracle.full_cap(t.cps_burst, t.concurrent_calls_max, t.minutes_per_month_max,
            EXISTS (SELECT FROM trunk_volume AS v WHERE v.trunk = t.id AND v.calls_max = 0),
            t.spend_per_day_max_nano)
        INTO of_trunk FROM trunk AS t WHERE t.id = c.trunk;
    IF of_trunk = 'cps' THEN
        of_account := 'cps';
    END IF;
    c.reject := coalesce(of_account, of_trunk) || '_exceeded';
    RETURN c;
END
$$;

-- 8. An account that has wallets needs one above its threshold. Balances are 0: what is available is the credit.
CREATE FUNCTION oracle.check_funds(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT coalesce((SELECT bool_or(credit_limit > threshold) FROM wallet WHERE account = c.account), true) THEN
        c.reject := 'insufficient_balance';
    END IF;
    RETURN c;
END
$$;

-- 9. One given with the call, if active, whatever its schedule; else the trunk's list; else, where it has none, the
-- account's; the plan's default only where neither has a list. Then the partition's limits.
CREATE FUNCTION oracle.choose_partition(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT c.did THEN
        SELECT id INTO c.partition FROM partition WHERE id = c.given_partition AND active;
        IF c.partition IS NULL AND EXISTS (SELECT FROM trunk_partition WHERE trunk = c.trunk) THEN
            SELECT l.partition INTO c.partition FROM trunk_partition AS l
            WHERE l.trunk = c.trunk AND oracle.partition_is_open(l.partition, c.at) ORDER BY l.position LIMIT 1;
        ELSIF c.partition IS NULL AND EXISTS (SELECT FROM account_partition WHERE account = c.account) THEN
            SELECT l.partition INTO c.partition FROM account_partition AS l
            WHERE l.account = c.account AND oracle.partition_is_open(l.partition, c.at) ORDER BY l.position LIMIT 1;
        ELSIF c.partition IS NULL AND oracle.partition_is_open((c.settings).default_partition, c.at) THEN
            c.partition := (c.settings).default_partition;
        END IF;
    END IF;
    IF c.partition IS NULL THEN
        c.reject := 'no_partition';
        RETURN c;
    END IF;
    c.reject := (
        SELECT oracle.full_cap(p.cps_burst, p.concurrent_calls_max, p.minutes_per_month_max,
                EXISTS (SELECT FROM partition_volume AS v WHERE v.partition = p.id AND v.calls_max = 0),
                p.spend_per_day_max_nano)
        FROM partition AS p WHERE p.id = c.partition
    ) || '_exceeded';
    RETURN c;
END
$$;
