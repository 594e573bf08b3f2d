-- Every deck without its versions.
SELECT id,
       ij_policy::text AS ij_policy_word,
       currency,
       rounding_mode::text AS rounding_mode_word,
       rounding_decimals
FROM deck
ORDER BY id
