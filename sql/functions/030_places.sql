-- Where numbers are (3.2, 2.6): numbering table by thousands block, then by exchange, then the area code.

-- The country of a prefix outside NANP or in it: that of the one country code that it is in; NULL if it reaches into
-- several or is in none (10.5).
CREATE FUNCTION oracle.country_of_prefix(prefix text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT country FROM oracle.country_code
        WHERE code IN (left(prefix, 1), left(prefix, 2), left(prefix, 3)));
END
$$;

-- What is written of a NANP number. What a row leaves empty is taken from the next, field by field. A territory written
-- as a state is the territory. Area codes of no geography and the exchange 976 are in no country, whatever the table
-- says.
CREATE FUNCTION oracle.written_place(number text) RETURNS oracle.place LANGUAGE plpgsql STABLE AS $$
DECLARE
    source record;
    found oracle.place := ROW(NULL, '', 0, '', 0, '')::oracle.place;
    in_no_country boolean := substr(number, 5, 3) = '976';
BEGIN
    IF NOT oracle.is_nanp(number) THEN
        RETURN NULL;
    END IF;
    FOR source IN
        SELECT 7 AS digits, b.country::text, b.state, b.lata, b.ocn, b.tier, b.rate_center
            FROM number_block AS b WHERE b.prefix = substr(number, 2, 7)
        UNION ALL
        SELECT 6, b.country::text, b.state, b.lata, b.ocn, b.tier, b.rate_center
            FROM number_block AS b WHERE b.prefix = substr(number, 2, 6)
        UNION ALL
        SELECT 3, n.country::text, n.state, 0, '', 0, '' FROM oracle.npa AS n WHERE n.npa = substr(number, 2, 3)
        ORDER BY digits DESC
    LOOP
        in_no_country := in_no_country OR source.country IS NULL;
        found.country := coalesce(found.country, source.country);
        found.state := CASE WHEN found.state = '' THEN source.state ELSE found.state END;
        found.lata := CASE WHEN found.lata = 0 THEN source.lata ELSE found.lata END;
        found.ocn := CASE WHEN found.ocn = '' THEN source.ocn ELSE found.ocn END;
        found.tier := CASE WHEN found.tier = 0 THEN source.tier ELSE found.tier END;
        found.rate_center := CASE WHEN found.rate_center = '' THEN source.rate_center ELSE found.rate_center END;
    END LOOP;
    IF found.country = 'US' AND found.state IN ('PR', 'VI', 'GU', 'AS', 'MP') THEN
        found.country := found.state;
        found.state := '';
    END IF;
    IF in_no_country THEN
        found.country := NULL;
        found.state := '';
    END IF;
    RETURN found;
END
$$;

-- Whether a NANP number is a service's and not a place's: toll-free, of the exchange 976, or of an area code of no
-- geography.
CREATE FUNCTION oracle.is_service(number text, more_toll_free smallint[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN oracle.is_toll_free(number, more_toll_free) OR substr(number, 5, 3) = '976'
        OR EXISTS (SELECT FROM oracle.npa AS n WHERE n.npa = substr(number, 2, 3) AND n.country IS NULL);
END
$$;

-- A NANP number's place, by which it is classed and compared: a toll-free one is nowhere.
CREATE FUNCTION oracle.place_of(number text, more_toll_free smallint[]) RETURNS oracle.place LANGUAGE plpgsql STABLE AS $$
DECLARE
    place oracle.place := oracle.written_place(number);
BEGIN
    IF oracle.is_toll_free(number, more_toll_free) THEN
        place.country := NULL;
        place.state := '';
    END IF;
    RETURN place;
END
$$;

-- A state of the US or DC: what makes a number geographic and lets its state decide the jurisdiction.
CREATE FUNCTION oracle.in_us_state(place oracle.place) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(place.country = 'US' AND place.state IN (
        'AL', 'AK', 'AZ', 'AR', 'CA', 'CO', 'CT', 'DE', 'DC', 'FL', 'GA', 'HI', 'ID', 'IL', 'IN', 'IA', 'KS', 'KY', 'LA',
        'ME', 'MD', 'MA', 'MI', 'MN', 'MS', 'MO', 'MT', 'NE', 'NV', 'NH', 'NJ', 'NM', 'NY', 'NC', 'ND', 'OH', 'OK', 'OR',
        'PA', 'RI', 'SC', 'SD', 'TN', 'TX', 'UT', 'VT', 'VA', 'WA', 'WV', 'WI', 'WY'), false)
$$;
