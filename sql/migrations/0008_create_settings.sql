-- What holds for the whole plan: one row, so that a database holds at most one plan.

CREATE TABLE plan_settings (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    name text NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference_duration_sec integer NOT NULL CHECK (reference_duration_sec BETWEEN 1 AND 86400),
    default_partition plan_id REFERENCES partition,
    use_ani_lrn boolean NOT NULL,
    max_duration_sec integer NOT NULL CHECK (max_duration_sec BETWEEN 1 AND 604800),
    dial_timeout_sec integer NOT NULL CHECK (dial_timeout_sec BETWEEN 1 AND 300)
);
CREATE INDEX plan_settings_default_partition ON plan_settings (default_partition);
COMMENT ON TABLE plan_settings IS 'What holds for the whole plan. No row: no plan has been applied yet.';
COMMENT ON COLUMN plan_settings.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN plan_settings.name IS 'The name of the plan.';
COMMENT ON COLUMN plan_settings.currency IS 'ISO 4217: currency of limits and margins.';
COMMENT ON COLUMN plan_settings.reference_duration_sec IS 'Duration of the call by which routes are compared, in seconds.';
COMMENT ON COLUMN plan_settings.default_partition IS 'Partition of calls whose trunk and account list none; NULL: none.';
COMMENT ON COLUMN plan_settings.use_ani_lrn IS 'Whether the location routing number of the calling side counts.';
COMMENT ON COLUMN plan_settings.max_duration_sec IS 'Longest call, in seconds.';
COMMENT ON COLUMN plan_settings.dial_timeout_sec IS 'Time to wait for an answer where the partition says nothing, in seconds.';
