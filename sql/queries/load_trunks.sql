-- Every trunk with its sources, and its partitions in priority order.
SELECT trunk.*,
       destination_classes::text[] AS destination_class_words,
       country_rule::text AS country_rule_word,
       countries::text[] AS country_list,
       ARRAY(
           SELECT source.network::text FROM trunk_source AS source
           WHERE source.trunk = trunk.id ORDER BY source.network
       ) AS sources,
       ARRAY(
           SELECT link.partition::text FROM trunk_partition AS link
           WHERE link.trunk = trunk.id ORDER BY link.position
       ) AS partitions
FROM trunk
ORDER BY id
