-- What is in wallets, and which part of it nodes have: every movement is a row that is never changed.

CREATE TYPE ledger_entry AS ENUM ('purchase', 'reserve', 'consume', 'refund', 'adjust');
COMMENT ON TYPE ledger_entry IS 'Why the balance of a wallet changed: paid in, leased to a node or back from it, used by a call, paid back, put right.';

CREATE TABLE wallet_balance (
    account plan_id NOT NULL,
    wallet plan_id NOT NULL,
    kind wallet_kind NOT NULL,
    balance bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account, wallet, kind)
);
COMMENT ON TABLE wallet_balance IS 'What is in each wallet and with no node: the sum of its ledger, kept by a trigger. It outlives the plan that names the wallet.';
COMMENT ON COLUMN wallet_balance.account IS 'Whose wallet it is.';
COMMENT ON COLUMN wallet_balance.wallet IS 'The wallet''s id.';
COMMENT ON COLUMN wallet_balance.kind IS 'What is in it. A wallet that turns from money to seconds is another.';
COMMENT ON COLUMN wallet_balance.balance IS 'Nano-units of the plan''s currency, or seconds; below 0 where credit is used.';

CREATE TABLE wallet_ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account plan_id NOT NULL,
    wallet plan_id NOT NULL,
    kind wallet_kind NOT NULL,
    entry ledger_entry NOT NULL,
    amount bigint NOT NULL,
    key text COLLATE "C" NOT NULL UNIQUE CHECK (key <> ''),
    booked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX wallet_ledger_wallet ON wallet_ledger (account, wallet, kind, id);
COMMENT ON TABLE wallet_ledger IS 'Every movement of every wallet. Rows are only added.';
COMMENT ON COLUMN wallet_ledger.id IS 'In the order of booking.';
COMMENT ON COLUMN wallet_ledger.account IS 'Whose wallet it is.';
COMMENT ON COLUMN wallet_ledger.wallet IS 'The wallet''s id.';
COMMENT ON COLUMN wallet_ledger.kind IS 'What is in it.';
COMMENT ON COLUMN wallet_ledger.entry IS 'Why the balance changed.';
COMMENT ON COLUMN wallet_ledger.amount IS 'By how much: nano-units of the plan''s currency, or seconds. What goes out is below 0.';
COMMENT ON COLUMN wallet_ledger.key IS 'Names the movement for ever: booked again, it changes nothing.';
COMMENT ON COLUMN wallet_ledger.booked_at IS 'When it was booked.';

CREATE FUNCTION book_wallet_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO wallet_balance AS kept (account, wallet, kind, balance)
    VALUES (NEW.account, NEW.wallet, NEW.kind, NEW.amount)
    ON CONFLICT (account, wallet, kind) DO UPDATE SET balance = kept.balance + NEW.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER wallet_ledger_books AFTER INSERT ON wallet_ledger
    FOR EACH ROW EXECUTE FUNCTION book_wallet_movement();

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of the wallet ledger are only added: book the contrary instead';
END $$;
CREATE TRIGGER wallet_ledger_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

CREATE TABLE wallet_lease (
    node_start_ns bigint NOT NULL,
    account plan_id NOT NULL,
    wallet plan_id NOT NULL,
    kind wallet_kind NOT NULL,
    node text COLLATE "C" NOT NULL CHECK (node <> ''),
    slot_key bigint NOT NULL,
    granted bigint NOT NULL DEFAULT 0 CHECK (granted >= 0),
    consumed bigint NOT NULL DEFAULT 0 CHECK (consumed >= 0),
    movements integer NOT NULL DEFAULT 0,
    seen_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    PRIMARY KEY (node_start_ns, account, wallet, kind)
);
CREATE INDEX wallet_lease_wallet ON wallet_lease (account, wallet, kind) WHERE closed_at IS NULL;
COMMENT ON TABLE wallet_lease IS 'What of a wallet a node may spend without asking.';
COMMENT ON COLUMN wallet_lease.node_start_ns IS 'Names the state file of the node.';
COMMENT ON COLUMN wallet_lease.account IS 'Whose wallet it is.';
COMMENT ON COLUMN wallet_lease.wallet IS 'The wallet''s id.';
COMMENT ON COLUMN wallet_lease.kind IS 'What is in it.';
COMMENT ON COLUMN wallet_lease.node IS 'The node''s name.';
COMMENT ON COLUMN wallet_lease.slot_key IS 'Names the wallet in the state file.';
COMMENT ON COLUMN wallet_lease.granted IS 'What the node was given in total, less what it has given back.';
COMMENT ON COLUMN wallet_lease.consumed IS 'What of that calls have used whose records are in.';
COMMENT ON COLUMN wallet_lease.movements IS 'How often the lease changed: part of the keys in the ledger.';
COMMENT ON COLUMN wallet_lease.seen_at IS 'When its node last asked.';
COMMENT ON COLUMN wallet_lease.closed_at IS 'When what was left went back: the state file is gone. NULL: it is in use.';

CREATE TABLE wallet_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account plan_id NOT NULL,
    wallet plan_id NOT NULL,
    event text COLLATE "C" NOT NULL CHECK (event IN ('low', 'exhausted', 'recovered')),
    available bigint NOT NULL,
    node text COLLATE "C" NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX wallet_event_wallet ON wallet_event (account, wallet, id);
COMMENT ON TABLE wallet_event IS 'Wallets that ran low or out, or have money again. Also told on the channel tandem_wallet.';
COMMENT ON COLUMN wallet_event.id IS 'In the order in which it was noticed.';
COMMENT ON COLUMN wallet_event.account IS 'Whose wallet it is.';
COMMENT ON COLUMN wallet_event.wallet IS 'The wallet''s id.';
COMMENT ON COLUMN wallet_event.event IS 'low: a fifth or less of what there was; exhausted: no new call is paid; recovered: money has come.';
COMMENT ON COLUMN wallet_event.available IS 'What is available then, on all nodes and with none.';
COMMENT ON COLUMN wallet_event.node IS 'Who noticed.';
COMMENT ON COLUMN wallet_event.noticed_at IS 'When.';

CREATE TABLE node_segment (
    node text COLLATE "C" NOT NULL CHECK (node <> ''),
    segment text COLLATE "C" NOT NULL CHECK (segment <> ''),
    read_until bigint NOT NULL CHECK (read_until >= 0),
    PRIMARY KEY (node, segment)
);
COMMENT ON TABLE node_segment IS 'Up to where the records of each node''s segments are booked.';
COMMENT ON COLUMN node_segment.node IS 'The node''s name.';
COMMENT ON COLUMN node_segment.segment IS 'The segment''s file name.';
COMMENT ON COLUMN node_segment.read_until IS 'The first byte that is not read.';
