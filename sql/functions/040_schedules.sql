-- Windows and schedules (2.9, 9.5): local wall-clock time, by the time zones of PostgreSQL.

-- Whether a window holds at a wall-clock time. One that ends at or before its start belongs to the day on which it
-- began: until midnight that is today, after it yesterday. Days of the week: bit 0 is Monday.
CREATE FUNCTION oracle.window_holds(days integer, month_days integer, months integer, from_sec integer,
    until_sec integer, wall timestamp) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    second integer := floor(extract(epoch FROM wall::time));
    began date := wall::date;
BEGIN
    IF from_sec < until_sec THEN
        IF second < from_sec OR second >= until_sec THEN
            RETURN false;
        END IF;
    ELSIF second < from_sec THEN
        IF second >= until_sec THEN
            RETURN false;
        END IF;
        began := began - 1;
    END IF;
    RETURN days & (1 << (extract(isodow FROM began)::integer - 1)) <> 0
        AND month_days & (1 << (extract(day FROM began)::integer - 1)) <> 0
        AND months & (1 << (extract(month FROM began)::integer - 1)) <> 0;
END
$$;

CREATE FUNCTION oracle.partition_is_open(id text, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    p partition;
BEGIN
    SELECT * INTO p FROM partition AS q WHERE q.id = partition_is_open.id;
    RETURN coalesce(p.active, false) AND (NOT p.scheduled OR EXISTS (
        SELECT FROM partition_window AS w
        WHERE w.partition = p.id AND oracle.window_holds(w.days, w.month_days, w.months, w.from_sec, w.until_sec,
            at AT TIME ZONE coalesce(p.schedule_time_zone, 'UTC'))));
END
$$;

CREATE FUNCTION oracle.override_is_in_force(o override, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF at < o.valid_from OR at >= o.valid_until THEN
        RETURN false;
    END IF;
    RETURN NOT o.scheduled OR EXISTS (
        SELECT FROM override_window AS w
        WHERE w.override = o.id AND oracle.window_holds(w.days, w.month_days, w.months, w.from_sec, w.until_sec,
            at AT TIME ZONE coalesce(o.schedule_time_zone, 'UTC')));
END
$$;
