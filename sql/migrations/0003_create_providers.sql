-- Downstream vendors, what they sell, and where their calls go.

CREATE TABLE provider (
    id plan_id PRIMARY KEY,
    active boolean NOT NULL,
    kind provider_kind NOT NULL,
    ij_policy ij_policy NOT NULL,
    cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295)
);
COMMENT ON TABLE provider IS 'A downstream vendor.';
COMMENT ON COLUMN provider.id IS 'Its id.';
COMMENT ON COLUMN provider.active IS 'Whether its routes may be used.';
COMMENT ON COLUMN provider.kind IS 'What its decks are keyed by.';
COMMENT ON COLUMN provider.ij_policy IS 'What prices indeterminate calls, where a deck says nothing.';
COMMENT ON COLUMN provider.cps_milli IS 'Most calls a second over all its routes, in thousandths; NULL: no limit.';
COMMENT ON COLUMN provider.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN provider.concurrent_calls_max IS 'Most concurrent calls over all its routes; NULL: no limit.';

CREATE TABLE route (
    id plan_id PRIMARY KEY,
    provider plan_id NOT NULL REFERENCES provider,
    deck plan_id REFERENCES deck,
    active boolean NOT NULL,
    quality integer NOT NULL,
    cps_milli integer CHECK (cps_milli BETWEEN 1 AND 1000000000),
    cps_burst bigint CHECK (cps_burst BETWEEN 0 AND 4294967295),
    concurrent_calls_max bigint CHECK (concurrent_calls_max BETWEEN 0 AND 4294967295)
);
CREATE INDEX route_provider ON route (provider);
CREATE INDEX route_deck ON route (deck);
COMMENT ON TABLE route IS 'One product of a provider: what a partition lists.';
COMMENT ON COLUMN route.id IS 'Its id.';
COMMENT ON COLUMN route.provider IS 'Whose it is.';
COMMENT ON COLUMN route.deck IS 'Its price list; NULL is an endpoint that costs nothing.';
COMMENT ON COLUMN route.active IS 'Whether it may be used.';
COMMENT ON COLUMN route.quality IS 'Quality score; higher is better.';
COMMENT ON COLUMN route.cps_milli IS 'Most calls a second of the route, in thousandths; NULL: no limit.';
COMMENT ON COLUMN route.cps_burst IS 'Most calls at one instant after a rest; NULL: the calls of one second, at least 1.';
COMMENT ON COLUMN route.concurrent_calls_max IS 'Most concurrent calls of the route; NULL: no limit.';

CREATE TABLE gateway (
    id plan_id PRIMARY KEY,
    route plan_id NOT NULL REFERENCES route,
    dial_string text NOT NULL CHECK (dial_string <> ''),
    priority integer NOT NULL,
    active boolean NOT NULL
);
CREATE INDEX gateway_route ON gateway (route);
COMMENT ON TABLE gateway IS 'Where the calls of a route go.';
COMMENT ON COLUMN gateway.id IS 'Its id.';
COMMENT ON COLUMN gateway.route IS 'The route that it serves.';
COMMENT ON COLUMN gateway.dial_string IS 'SIP URI with ${number} where the digits of the called number go.';
COMMENT ON COLUMN gateway.priority IS 'Lowest first.';
COMMENT ON COLUMN gateway.active IS 'Whether it may be used.';
