-- A wallet that holds money, with nobody and with nodes together, or owes some, and the currency that it is of: the stored
-- plan's. None if that is $1.
SELECT plan_settings.currency::text, kept.account::text, kept.wallet::text
FROM plan_settings
JOIN wallet_balance kept ON kept.kind = 'money'
WHERE plan_settings.currency <> $1::text
  AND kept.balance <> -coalesce((
      SELECT sum(granted - consumed) FROM wallet_lease lease
      WHERE lease.account = kept.account AND lease.wallet = kept.wallet AND lease.kind = kept.kind AND closed_at IS NULL
  ), 0)
ORDER BY kept.account COLLATE "C", kept.wallet COLLATE "C"
LIMIT 1
