-- Every account with its partitions, in priority order.
SELECT account.*,
       sell_key::text AS sell_key_word,
       cost_plus_rounding_mode::text AS cost_plus_rounding_mode_word,
       min_margin_kind::text AS min_margin_kind_word,
       traffic::text AS traffic_word,
       destination_classes::text[] AS destination_class_words,
       country_rule::text AS country_rule_word,
       countries::text[] AS country_list,
       ARRAY(
           SELECT link.partition::text FROM account_partition AS link
           WHERE link.account = account.id ORDER BY link.position
       ) AS partitions
FROM account
ORDER BY id
