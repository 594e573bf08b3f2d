-- What providers take, and how their gateways share calls.

ALTER TABLE provider
    ADD COLUMN time_zone text COLLATE "C" CHECK (time_zone <> ''),
    ADD COLUMN traffic traffic_class[];
COMMENT ON COLUMN provider.time_zone IS 'IANA time zone of the periods of its limits and its routes''; NULL: UTC.';
COMMENT ON COLUMN provider.traffic IS 'Kinds of traffic that it takes; NULL: all.';

ALTER TABLE route ADD COLUMN ani_classes ani_class[];
COMMENT ON COLUMN route.ani_classes IS 'Classes of calling number that it takes; NULL: all.';

ALTER TABLE gateway
    ADD COLUMN weight bigint CHECK (weight BETWEEN 0 AND 4294967295),
    ADD COLUMN latas bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN gateway.weight IS 'Its share among those of equal priority; NULL: 1. 0 comes last.';
COMMENT ON COLUMN gateway.latas IS 'LATAs that it serves; none: all, known or not.';
