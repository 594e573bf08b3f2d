-- Every provider.
SELECT provider.*, kind::text AS kind_word, ij_policy::text AS ij_policy_word, traffic::text[] AS traffic_words
FROM provider
ORDER BY id
