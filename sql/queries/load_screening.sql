-- Every entry of a number list, with the kind of its owner.
SELECT 'account' AS kind, account::text AS owner, list::text, prefix FROM account_screening
UNION ALL
SELECT 'trunk', trunk, list::text, prefix FROM trunk_screening
ORDER BY kind, owner, list, prefix
