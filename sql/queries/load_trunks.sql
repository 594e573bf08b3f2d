-- Every trunk with its sources, and its partitions in priority order.
SELECT trunk.*,
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
