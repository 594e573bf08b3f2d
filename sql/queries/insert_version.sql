-- A new version of deck $1; its rows follow through COPY.
INSERT INTO deck_version
    (deck, number, effective_from, scope, countries, row_count, ocn_row_count, cic_row_count, content_sha256)
VALUES ($1::text, $2, to_timestamp($3::bigint), $4::text::deck_scope, $5::text[], $6, $7, $8, $9)
RETURNING id
