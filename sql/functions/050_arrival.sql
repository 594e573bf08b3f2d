-- Steps 1 to 5 of a decision: the trunk, emergency, status, numbers, DID. A step that fails sets `reject`.

-- 1. Among the trunks that take the call: longest CIDR, then longest tech prefix, then lower id.
CREATE FUNCTION oracle.find_trunk(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    found record;
BEGIN
    IF coalesce(c.given_trunk, c.given_user, host(c.given_source)) IS NULL THEN
        SELECT id INTO c.account FROM account WHERE id = c.given_account;
        IF c.account IS NULL THEN
            c.reject := 'unknown_trunk';
        END IF;
        RETURN c;
    END IF;
    SELECT t.id, t.account, t.tech_prefix, t.provider, t.trust_lrn INTO found
    FROM trunk AS t
    LEFT JOIN trunk_source AS s
        ON s.trunk = t.id AND coalesce(c.given_trunk, c.given_user) IS NULL AND s.network >>= c.given_source
    WHERE CASE
            WHEN c.given_trunk IS NOT NULL THEN t.id = c.given_trunk
            WHEN c.given_user IS NOT NULL THEN t.digest_user = c.given_user
            ELSE s.trunk IS NOT NULL
        END
        AND (starts_with(c.dialled, t.tech_prefix) OR c.dialled = ANY ((c.settings).emergency_numbers))
    ORDER BY masklen(s.network) DESC NULLS LAST, length(t.tech_prefix) DESC, t.id
    LIMIT 1;
    IF found.id IS NULL THEN
        c.reject := 'unknown_trunk';
    END IF;
    c.trunk := found.id;
    c.account := found.account;
    c.tech_prefix := CASE WHEN starts_with(c.dialled, found.tech_prefix) THEN found.tech_prefix ELSE '' END;
    c.trunk_provider := found.provider;
    c.trust_lrn := found.trust_lrn;
    RETURN c;
END
$$;

-- 2. What is dialled, before or after the tech prefix, exactly on the list.
CREATE FUNCTION oracle.is_emergency(c oracle.call) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN c.dialled = ANY ((c.settings).emergency_numbers)
        OR coalesce(substr(c.dialled, length(c.tech_prefix) + 1) = ANY ((c.settings).emergency_numbers), false);
END
$$;

-- 3.
CREATE FUNCTION oracle.check_status(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
BEGIN
    c.reject := CASE
        WHEN NOT (SELECT active FROM account WHERE id = c.account) THEN 'account_suspended'
        WHEN NOT (SELECT active FROM trunk WHERE id = c.trunk) THEN 'trunk_disabled'
    END;
    RETURN c;
END
$$;

-- Whether these digits are a short code: an override in force names exactly them.
CREATE FUNCTION oracle.is_short_code(c oracle.call, dialled text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT dialled ~ '^[0-9]{1,6}$' AND dialled NOT LIKE '00%' AND dialled NOT LIKE '011%' AND EXISTS (
            SELECT FROM override AS o
            WHERE o.prefix = dialled
                AND (o.trunk IS NULL OR o.trunk = c.trunk)
                AND (o.account IS NULL OR o.account = c.account)
                AND oracle.override_is_in_force(o, c.at)));
END
$$;

-- 4. The called number by the trunk's rules, the first that matches; then by the default ones; then as a short code.
CREATE FUNCTION oracle.read_numbers(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    dialled text := substr(c.dialled, length(coalesce(c.tech_prefix, '')) + 1);
    rule trunk_dial_rule;
BEGIN
    IF c.trunk IS NOT NULL THEN
        SELECT * INTO rule FROM trunk_dial_rule AS r
        WHERE r.trunk = c.trunk AND starts_with(dialled, r.prefix) AND coalesce(r.len = length(dialled), true)
        ORDER BY r.position LIMIT 1;
    END IF;
    IF rule.trunk IS NOT NULL THEN
        c.dnis := oracle.valid_number(rule.add || substr(dialled, rule.strip + 1));
    ELSE
        c.dnis := oracle.read_number(dialled);
        IF c.dnis IS NULL AND oracle.is_short_code(c, dialled) THEN
            c.dnis := dialled;
            c.short_code := true;
        END IF;
    END IF;
    c.ani := oracle.read_number(oracle.without_separators(c.given_ani));
    c.reject := CASE
        WHEN c.dnis IS NULL THEN 'invalid_number'
        WHEN c.ani IS NULL AND (SELECT ani_required FROM trunk WHERE id = c.trunk) THEN 'invalid_ani'
    END;
    RETURN c;
END
$$;

-- 5. A DID's owner pays, and one of its campaigns takes the call.
CREATE FUNCTION oracle.find_did(c oracle.call) RETURNS oracle.call LANGUAGE plpgsql STABLE AS $$
DECLARE
    owner text;
BEGIN
    IF NOT c.short_code THEN
        SELECT account INTO owner FROM did WHERE number = c.dnis;
    END IF;
    IF owner IS NULL THEN
        RETURN c;
    END IF;
    c.did := true;
    c.account := owner;
    IF NOT (SELECT active FROM account WHERE id = owner) THEN
        c.reject := 'account_suspended';
        RETURN c;
    END IF;
    SELECT k.partition INTO c.partition FROM did_campaign AS k
    WHERE k.did = c.dnis AND oracle.partition_is_open(k.partition, c.at)
    ORDER BY k.priority, k.partition LIMIT 1;
    IF c.partition IS NULL THEN
        c.reject := 'no_partition';
    END IF;
    RETURN c;
END
$$;
