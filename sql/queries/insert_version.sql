-- A new version of deck $1; its rows follow through COPY.
INSERT INTO deck_version (deck, number, effective_from, scope, row_count, content_sha256)
VALUES ($1::text, $2, to_timestamp($3::bigint), $4::text::deck_scope, $5, $6)
RETURNING id
