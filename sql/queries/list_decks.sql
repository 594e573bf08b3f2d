-- Every deck in a line: who uses it, and what it holds.
SELECT deck.id,
       ARRAY(SELECT DISTINCT route.provider::text FROM route WHERE route.deck = deck.id ORDER BY 1) AS providers,
       ARRAY(SELECT account.id::text FROM account WHERE account.sell_deck = deck.id ORDER BY 1) AS accounts,
       count(version.id) AS versions,
       max(version.number) AS latest,
       coalesce(sum(version.row_count + version.ocn_row_count + version.cic_row_count), 0)::bigint AS rows
FROM deck
LEFT JOIN deck_version AS version ON version.deck = deck.id
GROUP BY deck.id
ORDER BY deck.id
