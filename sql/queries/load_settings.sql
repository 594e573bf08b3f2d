-- The plan's settings: one row, or none before the first plan.
SELECT plan_settings.*,
       when_table_full::text AS when_table_full_word,
       emergency_numbers::text[] AS emergency_number_list,
       premium_prefixes::text[] AS premium_prefix_list,
       ARRAY(SELECT route::text FROM emergency_route ORDER BY position) AS emergency_routes
FROM plan_settings
