-- The oracle: the rules of docs/SEMANTICS.md once more, in SQL, by somebody who has not read the router's code.
-- Everything but `get_lrn_rates` and `decide_call` lives in the schema `oracle`, which `lcr-admin migrate` makes anew
-- whenever one of these files has changed.
--
-- It knows no live state: limits are unused (a cap of 0 is full), wallets hold nothing but their credit, round robin
-- has no cursor, quality is the score of the plan.

CREATE TYPE oracle.place AS (
    country text,
    state text,
    lata bigint,
    ocn text,
    tier smallint,
    rate_center text
);
COMMENT ON TYPE oracle.place IS 'Where a number is: country NULL if unknown, 0 and empty texts likewise.';

-- A call while it is decided. What is given comes first, what the plan says of every call second, what is found last.
CREATE TYPE oracle.call AS (
    at timestamptz,
    call_id bytea,
    given_trunk text,
    given_account text,
    given_user text,
    given_source inet,
    given_partition text,
    given_ani text,
    given_dnis text,
    given_ani_lrn text,
    ani_lrn_dipped boolean,
    given_dnis_lrn text,
    dnis_lrn_dipped boolean,
    given_zone text,
    given_indeterminate_zone text,
    given_ocn text,
    given_lata bigint,
    given_state text,
    given_ani_class ani_class,
    cic text,
    rate_limit_nano numeric,
    max_results integer,
    -- Dialled text, less visual separators.
    dialled text,
    settings plan_settings,
    reject reject_reason,
    emergency boolean,
    trunk text,
    tech_prefix text,
    trunk_provider text,
    trust_lrn boolean,
    account text,
    partition text,
    did boolean,
    ani text,
    dnis text,
    short_code boolean,
    dnis_place oracle.place,
    ani_lrn text,
    dnis_lrn text,
    toll_free boolean,
    jurisdiction text,
    -- Whether both sides are in one state, for `local` calls without a local price (3.8). A given state counts as it is.
    is_one_state boolean,
    ani_class ani_class,
    ani_state text,
    ocn text,
    lata bigint,
    state text,
    tier smallint,
    -- The codes that may price it, where the key is DNIS, and where it is the LRN.
    dnis_prefixes text[],
    lrn_prefixes text[],
    forced_route text,
    forced_mode forced_mode,
    custom_rate_nano bigint,
    bypass_lcr boolean
);
COMMENT ON TYPE oracle.call IS 'A call while it is decided: what is given, what the plan says, what is found.';

CREATE TYPE oracle.route_answer AS (
    ordinal integer,
    route text,
    provider text,
    gateways text[],
    dial_strings text[],
    -- What of the call the deck has priced: `prefix`, `ocn_lata`, `ocn`, `lata`, `cic`; NULL without a deck.
    matched_by text,
    prefix text,
    deck_version integer,
    currency text,
    rate_nano numeric,
    cost_nano numeric,
    sell_currency text,
    customer_rate_nano numeric,
    price_nano numeric,
    -- Of the reference call and of a minute, in the plan's currency, exact.
    profit_nano numeric,
    margin_nano numeric,
    reason reject_reason
);
COMMENT ON TYPE oracle.route_answer IS 'What became of a route: kept if it has no reason. Amounts in nano-units.';

CREATE TYPE oracle.decision AS (
    call oracle.call,
    reason reject_reason,
    routes oracle.route_answer[]
);
COMMENT ON TYPE oracle.decision IS 'A decided call: routed if it has no reason.';
