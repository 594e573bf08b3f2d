-- Numbers (2.4): what is dialled into E.164 digits.

-- The digits, if they are a valid number: NANP exactly 1 [2-9]XX [2-9]XX XXXX, all others 7 to 15 digits.
CREATE FUNCTION oracle.valid_number(digits text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN digits ~ '^1[2-9][0-9]{2}[2-9][0-9]{6}$' THEN digits
        WHEN digits ~ '^[2-9][0-9]{6,14}$' THEN digits
    END
$$;

-- By the default rules; NULL if it is no valid number. A form that is recognised is not read in another way.
CREATE FUNCTION oracle.read_number(dialled text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN dialled LIKE '+%' THEN oracle.valid_number(substr(dialled, 2))
        WHEN dialled LIKE '011%' THEN oracle.valid_number(substr(dialled, 4))
        WHEN dialled LIKE '00%' THEN oracle.valid_number(substr(dialled, 3))
        WHEN dialled ~ '^[2-9][0-9]{9}$' THEN oracle.valid_number('1' || dialled)
        ELSE oracle.valid_number(dialled)
    END
$$;

CREATE FUNCTION oracle.without_separators(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(given, '-.() ' || chr(9), '')
$$;

-- Every beginning of a number, the longest first; the longest may come several times.
CREATE FUNCTION oracle.beginnings(number text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[left(number, 15), left(number, 14), left(number, 13), left(number, 12), left(number, 11),
        left(number, 10), left(number, 9), left(number, 8), left(number, 7), left(number, 6), left(number, 5),
        left(number, 4), left(number, 3), left(number, 2), left(number, 1)]
$$;

CREATE FUNCTION oracle.is_nanp(number text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(number LIKE '1__________', false)
$$;

CREATE FUNCTION oracle.is_toll_free(number text, more_npas smallint[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT oracle.is_nanp(number)
        AND (substr(number, 2, 3) IN ('800', '833', '844', '855', '866', '877', '888')
            OR substr(number, 2, 3)::smallint = ANY (more_npas))
$$;
