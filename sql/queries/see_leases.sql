-- What a node ($1) has of every wallet that it was leased something of, what is with nobody, what other nodes have, and
-- what calls of the node have used whose records are in.
SELECT mine.account::text, mine.wallet::text, mine.kind::text,
       mine.granted, mine.closed_at IS NULL, kept.balance,
       coalesce(others.unused, 0)::bigint, coalesce(others.nodes, 0), mine.slot_key, mine.consumed
FROM wallet_lease mine
JOIN wallet_balance kept USING (account, wallet, kind)
LEFT JOIN (
    SELECT account, wallet, kind, sum(granted - consumed) AS unused,
           count(*) FILTER (WHERE seen_at > now() - interval '1 minute') AS nodes
    FROM wallet_lease
    LEFT JOIN wallet_node USING (node_start_ns)
    WHERE closed_at IS NULL AND node_start_ns <> $1
    GROUP BY account, wallet, kind
) others USING (account, wallet, kind)
WHERE mine.node_start_ns = $1
