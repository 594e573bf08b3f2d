-- The rest of the closed lists. Values are only added here and used by later transactions: PostgreSQL does not let
-- a new value of an older type be used before it is committed.

ALTER TYPE provider_kind ADD VALUE 'ocn_lata';
ALTER TYPE provider_kind ADD VALUE 'customer_trunk';
ALTER TYPE strategy ADD VALUE 'round_robin';
ALTER TYPE strategy ADD VALUE 'weighted';
ALTER TYPE strategy ADD VALUE 'quality';
ALTER TYPE deck_scope ADD VALUE 'country';
COMMENT ON TYPE deck_scope IS 'What codes absent from a deck version mean: full ends them, country ends those of some countries, partial leaves them.';

CREATE DOMAIN digits AS text COLLATE "C" CHECK (VALUE ~ '^[0-9]{1,15}$');
COMMENT ON DOMAIN digits IS 'A number or the beginning of one: 1 to 15 digits, without +.';

CREATE DOMAIN currency_code AS text COLLATE "C" CHECK (VALUE ~ '^[A-Z]{3}$');
COMMENT ON DOMAIN currency_code IS 'ISO 4217, three capitals.';

CREATE DOMAIN country_code AS text COLLATE "C" CHECK (VALUE ~ '^[A-Z]{2}$');
COMMENT ON DOMAIN country_code IS 'ISO 3166, two capitals.';

CREATE TYPE traffic_class AS ENUM ('enhanced', 'non_enhanced', 'dialler');
COMMENT ON TYPE traffic_class IS 'What kind of calls an account makes, and a provider takes.';

CREATE TYPE ani_class AS ENUM ('DOM', 'DOMTF', 'INTL');
COMMENT ON TYPE ani_class IS 'What a calling number is: geographic of the US, toll-free, or anything else.';

CREATE TYPE destination_class AS ENUM ('domestic', 'international', 'toll_free', 'premium');
COMMENT ON TYPE destination_class IS 'What a called number is to those who allow or forbid it.';

CREATE TYPE country_rule AS ENUM ('all', 'only', 'all_but');
COMMENT ON TYPE country_rule IS 'How a list of countries is meant: all countries, these only, or all but these.';

CREATE TYPE screening_list AS ENUM ('blocked_ani', 'allowed_ani', 'blocked_dnis', 'allowed_dnis');
COMMENT ON TYPE screening_list IS 'Which of an owner''s number lists an entry is on.';

CREATE TYPE wallet_kind AS ENUM ('money', 'seconds');
COMMENT ON TYPE wallet_kind IS 'What is in a wallet: money of the plan''s currency, or seconds that a sell deck bills.';

CREATE TYPE volume_period AS ENUM ('hour', 'day', 'month', 'total');
COMMENT ON TYPE volume_period IS 'How long a count of calls lasts, in the time zone of the limit''s owner.';

CREATE TYPE counted_calls AS ENUM ('attempts', 'answered', 'billable');
COMMENT ON TYPE counted_calls IS 'Which calls a volume limit counts.';

CREATE TYPE forced_mode AS ENUM ('only', 'first');
COMMENT ON TYPE forced_mode IS 'What becomes of the other routes where one is forced: only drops them, first puts them behind.';
