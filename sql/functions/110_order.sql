-- Order of routes and legs (section 5): strategy, ties, draws by weight, cuts.

-- Draw number `turn` of a call (5.2): 64 bits.
CREATE FUNCTION oracle.draw(call_id bytea, partition text, turn integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    hash bytea := sha256(call_id || '\x00' || convert_to(partition, 'UTF8') || '\x00' || convert_to((turn / 4)::text, 'UTF8'));
    u numeric := 0;
BEGIN
    FOR i IN 0..7 LOOP
        u := u * 256 + get_byte(hash, turn % 4 * 8 + i);
    END LOOP;
    RETURN u;
END
$$;

-- Ids in drawn order, those of weight 0 last by id. `ids` come in id order. `turn` is the call's counter of draws; the
-- only positive weight left is taken without one.
CREATE FUNCTION oracle.drawn(call_id bytea, partition text, ids text[], weights bigint[], INOUT turn integer,
    OUT ordered text[]) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    total numeric := (SELECT coalesce(sum(w), 0) FROM unnest(weights) AS w);
    positive integer := (SELECT count(*) FROM unnest(weights) AS w WHERE w > 0);
    place numeric;
BEGIN
    ordered := '{}';
    WHILE positive > 0 LOOP
        place := 0;
        IF positive > 1 THEN
            place := div(oracle.draw(call_id, partition, turn) * total, 18446744073709551616);
            turn := turn + 1;
        END IF;
        FOR i IN 1..cardinality(ids) LOOP
            IF weights[i] > 0 AND place < weights[i] THEN
                ordered := ordered || ids[i];
                total := total - weights[i];
                weights[i] := 0;
                positive := positive - 1;
                EXIT;
            END IF;
            place := place - weights[i];
        END LOOP;
    END LOOP;
    ordered := ordered || ARRAY(
        SELECT id FROM unnest(ids) WITH ORDINALITY AS t (id, n) WHERE id <> ALL (ordered) ORDER BY n);
END
$$;

-- The kept routes, best first. `forced` ones are ahead; routes of equal rank are drawn where a member of the partition
-- has a weight, or where the strategy is to draw, else ordered by id.
CREATE FUNCTION oracle.order_routes(c oracle.call, kept oracle.candidate[], INOUT turn integer, OUT ordered text[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
    ranking text;
    draws boolean;
    equals record;
    drawn record;
BEGIN
    SELECT CASE WHEN c.bypass_lcr THEN 'priority' WHEN p.strategy = 'primary' THEN 'priority' ELSE p.strategy::text END,
        (p.strategy = 'weighted' AND NOT c.bypass_lcr) OR EXISTS (
            SELECT FROM partition_member AS m WHERE m.partition = p.id AND m.weight IS NOT NULL)
        INTO ranking, draws FROM partition AS p WHERE p.id = c.partition;
    IF ranking = 'round_robin' THEN
        draws := false;
    END IF;
    ordered := '{}';
    FOR equals IN
        SELECT array_agg(k.route ORDER BY k.route COLLATE "C") AS ids,
            array_agg(coalesce(k.weight, 1) ORDER BY k.route COLLATE "C") AS weights
        FROM unnest(kept) AS k
        CROSS JOIN LATERAL (
            SELECT CASE ranking
                WHEN 'least_cost' THEN k.cost_in_plan
                WHEN 'priority' THEN k.priority
                WHEN 'quality' THEN -k.quality::bigint
                WHEN 'highest_margin' THEN k.cost_in_plan - k.price_in_plan
                ELSE 0
            END AS rank,
            ranking IN ('round_robin', 'weighted') AS is_untied
        ) AS x
        GROUP BY NOT k.is_forced, x.rank, CASE WHEN NOT is_untied THEN -k.quality::bigint END,
            CASE WHEN NOT is_untied THEN k.priority END
        ORDER BY NOT k.is_forced, x.rank, CASE WHEN NOT is_untied THEN -k.quality::bigint END,
            CASE WHEN NOT is_untied THEN k.priority END
    LOOP
        IF draws AND cardinality(equals.ids) > 1 THEN
            drawn := oracle.drawn(c.call_id, c.partition, equals.ids, equals.weights, turn);
            turn := drawn.turn;
            ordered := ordered || drawn.ordered;
        ELSE
            ordered := ordered || equals.ids;
        END IF;
    END LOOP;
END
$$;

-- A route's gateways that take the call (5.5): by priority, equals drawn; at most `room` of them. For an emergency only
-- their own status counts.
CREATE FUNCTION oracle.gateways_of(c oracle.call, route text, room integer, INOUT turn integer,
    OUT ids text[], OUT dial_strings text[]) LANGUAGE plpgsql STABLE AS $$
DECLARE
    equals record;
    drawn record;
BEGIN
    ids := '{}';
    dial_strings := '{}';
    FOR equals IN
        SELECT array_agg(g.id::text ORDER BY g.id) AS ids,
            array_agg(coalesce(g.weight, 1) ORDER BY g.id) AS weights,
            array_agg(replace(g.dial_string, '${number}', c.dnis) ORDER BY g.id) AS dial_strings
        FROM gateway AS g
        WHERE g.route = gateways_of.route AND g.active
            AND (c.emergency OR (
                (g.latas = '{}' OR c.lata = ANY (g.latas))
                AND oracle.full_cap(g.cps_burst, g.concurrent_calls_max, g.minutes_per_month_max,
                    EXISTS (SELECT FROM gateway_volume AS v WHERE v.gateway = g.id AND v.calls_max = 0),
                    g.spend_per_day_max_nano) IS NULL))
        GROUP BY g.priority ORDER BY g.priority
    LOOP
        EXIT WHEN cardinality(ids) >= room;
        IF cardinality(equals.ids) = 1 THEN
            ids := ids || equals.ids;
            dial_strings := dial_strings || equals.dial_strings;
            CONTINUE;
        END IF;
        drawn := oracle.drawn(c.call_id, coalesce(c.partition, ''), equals.ids, equals.weights, turn);
        turn := drawn.turn;
        ids := ids || drawn.ordered;
        dial_strings := dial_strings || ARRAY(
            SELECT equals.dial_strings[array_position(equals.ids, d.id)]
            FROM unnest(drawn.ordered) WITH ORDINALITY AS d (id, n) ORDER BY n);
    END LOOP;
    ids := ids[1:greatest(room, 0)];
    dial_strings := dial_strings[1:greatest(room, 0)];
END
$$;
