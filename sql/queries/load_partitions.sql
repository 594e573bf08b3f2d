-- Every partition.
SELECT partition.*, strategy::text AS strategy_word
FROM partition
ORDER BY id
