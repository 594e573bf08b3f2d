-- Every account with its partitions, in priority order.
SELECT account.*,
       sell_key::text AS sell_key_word,
       cost_plus_rounding_mode::text AS cost_plus_rounding_mode_word,
       min_margin_kind::text AS min_margin_kind_word,
       ARRAY(
           SELECT link.partition::text FROM account_partition AS link
           WHERE link.account = account.id ORDER BY link.position
       ) AS partitions
FROM account
ORDER BY id
