-- Numbers whose calls go to a campaign of their owner. A campaign is a partition.

CREATE TABLE did (
    number digits PRIMARY KEY,
    account plan_id NOT NULL REFERENCES account
);
CREATE INDEX did_account ON did (account);
COMMENT ON TABLE did IS 'A number whose calls go to a campaign.';
COMMENT ON COLUMN did.number IS 'E.164.';
COMMENT ON COLUMN did.account IS 'Its owner, who pays.';

CREATE TABLE did_campaign (
    did digits NOT NULL REFERENCES did,
    partition plan_id NOT NULL REFERENCES partition,
    priority integer NOT NULL,
    PRIMARY KEY (did, partition)
);
CREATE INDEX did_campaign_partition ON did_campaign (partition);
COMMENT ON TABLE did_campaign IS 'A campaign of a DID: the first that is active and on schedule takes its calls, by priority, then id.';
COMMENT ON COLUMN did_campaign.did IS 'The DID.';
COMMENT ON COLUMN did_campaign.partition IS 'The campaign.';
COMMENT ON COLUMN did_campaign.priority IS 'Lowest first.';
