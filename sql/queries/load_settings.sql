-- The plan's settings: one row, or none before the first plan.
SELECT name, currency, reference_duration_sec, default_partition, use_ani_lrn, max_duration_sec, dial_timeout_sec
FROM plan_settings
