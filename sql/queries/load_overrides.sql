-- Every override without its windows.
SELECT override.*,
       forced_mode::text AS forced_mode_word,
       extract(epoch FROM valid_from)::bigint AS valid_from_sec,
       extract(epoch FROM valid_until)::bigint AS valid_until_sec
FROM override
ORDER BY id
