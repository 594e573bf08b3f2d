-- Every provider.
SELECT provider.*, kind::text AS kind_word, ij_policy::text AS ij_policy_word
FROM provider
ORDER BY id
