-- When a node last asked for leases is said once for the node, not in each of its leases.

CREATE TABLE wallet_node (
    node_start_ns bigint PRIMARY KEY,
    node text COLLATE "C" NOT NULL CHECK (node <> ''),
    seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE wallet_node IS 'Nodes that lease wallets. Who has not asked for a minute gets no share.';
COMMENT ON COLUMN wallet_node.node_start_ns IS 'Names the state file of the node.';
COMMENT ON COLUMN wallet_node.node IS 'The node''s name.';
COMMENT ON COLUMN wallet_node.seen_at IS 'When it last asked.';

INSERT INTO wallet_node (node_start_ns, node, seen_at)
SELECT node_start_ns, max(node), max(seen_at) FROM wallet_lease GROUP BY node_start_ns;

ALTER TABLE wallet_lease DROP COLUMN seen_at;
