-- Rows of deck $1 whose prefix is a beginning of $2 or begins with it, at most $3. The beginnings are asked
-- for one by one, and the rest is one range of the index.
WITH version AS (SELECT id, number FROM deck_version WHERE deck = $1::text),
found AS (
    SELECT version.number, deck_row.*
    FROM version
    JOIN deck_row ON deck_row.deck_version_id = version.id
        AND deck_row.prefix = ANY (ARRAY(SELECT left($2::text, digits) FROM generate_series(1, length($2::text) - 1) AS digits))
    UNION ALL
    SELECT version.number, deck_row.*
    FROM version
    JOIN deck_row ON deck_row.deck_version_id = version.id
        AND deck_row.prefix >= $2::text
        AND deck_row.prefix < $2::text || ':'
)
SELECT number,
       prefix,
       destination,
       interstate_nano_per_min,
       intrastate_nano_per_min,
       local_nano_per_min,
       indeterminate_nano_per_min,
       default_nano_per_min,
       coalesce(blocked_prices, 0::smallint) AS blocked_prices,
       first_rate_nano_per_min,
       coalesce(connect_fee_nano, 0) AS connect_fee_nano,
       first_sec,
       increment_sec,
       coalesce(grace_sec, 0) AS grace_sec,
       extract(epoch FROM starts)::bigint AS starts_sec,
       extract(epoch FROM ends)::bigint AS ends_sec
FROM found
ORDER BY prefix, number, starts NULLS FIRST
LIMIT $3
