-- Every window of a schedule, with the kind of its owner, in the order of the lists.
SELECT 'partition' AS kind, partition::text AS owner, position, days, month_days, months, from_sec, until_sec
FROM partition_window
UNION ALL
SELECT 'override', override, position, days, month_days, months, from_sec, until_sec
FROM override_window
ORDER BY kind, owner, position
