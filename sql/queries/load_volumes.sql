-- Every cap on a count of calls, with the kind of its owner; a member's owner is partition/route.
SELECT 'account' AS kind, account::text AS owner, period::text, counts::text, calls_max FROM account_volume
UNION ALL SELECT 'trunk', trunk, period::text, counts::text, calls_max FROM trunk_volume
UNION ALL SELECT 'provider', provider, period::text, counts::text, calls_max FROM provider_volume
UNION ALL SELECT 'route', route, period::text, counts::text, calls_max FROM route_volume
UNION ALL SELECT 'gateway', gateway, period::text, counts::text, calls_max FROM gateway_volume
UNION ALL SELECT 'partition', partition, period::text, counts::text, calls_max FROM partition_volume
UNION ALL SELECT 'member', partition || '/' || route, period::text, counts::text, calls_max
          FROM partition_member_volume
