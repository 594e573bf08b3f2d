-- The closed lists of the plan, and what an id may look like. Each list is an enum type, so that a word which
-- the router does not know cannot be stored. "Lower id" means bytewise everywhere: hence collation "C".

COMMENT ON TABLE schema_migration IS 'Which migrations have been applied. Kept by lcr-admin migrate; do not edit.';
COMMENT ON COLUMN schema_migration.version IS 'Number of the migration: the NNNN of its file.';
COMMENT ON COLUMN schema_migration.name IS 'Name of the migration: the verb_noun of its file.';
COMMENT ON COLUMN schema_migration.applied_on IS 'When it was applied, RFC 3339.';
COMMENT ON COLUMN schema_migration.checksum IS 'Checksum of its text: a migration never changes once applied.';

CREATE DOMAIN plan_id AS text COLLATE "C" CHECK (VALUE ~ '^[A-Za-z0-9_.-]{1,63}$');
COMMENT ON DOMAIN plan_id IS 'Id of something in the plan: 1 to 63 characters of A-Z a-z 0-9 _ . -';

CREATE TYPE rounding_mode AS ENUM ('up', 'down', 'half_up', 'half_even', 'none');
COMMENT ON TYPE rounding_mode IS 'How the price of a call is rounded, once.';

CREATE TYPE ij_policy AS ENUM ('higher', 'interstate', 'intrastate', 'reject');
COMMENT ON TYPE ij_policy IS 'What prices a call of indeterminate jurisdiction that has no price of its own.';

CREATE TYPE deck_scope AS ENUM ('full', 'partial');
COMMENT ON TYPE deck_scope IS 'What codes absent from a deck version mean: full ends them, partial leaves them.';

CREATE TYPE provider_kind AS ENUM ('lrn', 'dnis', 'international', 'rate_deck');
COMMENT ON TYPE provider_kind IS 'What the decks of a provider are keyed by; rate_deck is for reference only, never routed.';

CREATE TYPE strategy AS ENUM ('least_cost', 'priority', 'primary', 'highest_margin');
COMMENT ON TYPE strategy IS 'In which order the routes of a partition are tried.';

CREATE TYPE sell_key AS ENUM ('dnis', 'lrn');
COMMENT ON TYPE sell_key IS 'What a sell deck is keyed by: the dialled number or its location routing number.';

CREATE TYPE min_margin_kind AS ENUM ('amount', 'percent', 'allow_loss');
COMMENT ON TYPE min_margin_kind IS 'How the least that a call must earn is given; allow_loss asks for nothing.';
