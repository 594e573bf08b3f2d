-- The versions of one deck ($1), or of all ($1 is NULL), without their rows.
SELECT id,
       deck,
       number,
       extract(epoch FROM effective_from)::bigint AS effective_from_sec,
       scope::text AS scope,
       countries::text[] AS countries,
       row_count,
       ocn_row_count,
       cic_row_count,
       content_sha256
FROM deck_version
WHERE $1::text IS NULL OR deck = $1::text
ORDER BY deck, number
