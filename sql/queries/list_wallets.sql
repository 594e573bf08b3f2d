-- Every wallet of the plan or of the books, or those of one account ($1): what is with nobody, what nodes have, and
-- whether the plan of this database names it.
SELECT account::text, id::text, kind::text, coalesce(balance, 0),
       coalesce((
           SELECT sum(granted - consumed) FROM wallet_lease lease
           WHERE lease.account = kept.account AND lease.wallet = kept.id AND lease.kind = kept.kind AND closed_at IS NULL
       ), 0)::bigint,
       planned.credit_limit
FROM (SELECT account, wallet AS id, kind, balance FROM wallet_balance) kept
FULL JOIN wallet planned USING (account, id, kind)
WHERE $1::text IS NULL OR account = $1::text
ORDER BY account COLLATE "C", id COLLATE "C", kind
