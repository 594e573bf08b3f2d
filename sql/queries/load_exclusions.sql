-- Every exclusion.
SELECT exclusion.*,
       prefixes::text[] AS prefix_list,
       extract(epoch FROM valid_from)::bigint AS valid_from_sec,
       extract(epoch FROM valid_until)::bigint AS valid_until_sec
FROM exclusion
ORDER BY id
