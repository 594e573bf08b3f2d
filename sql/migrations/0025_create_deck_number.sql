-- A call's record names the version that priced it: a version's number is never another's, not even of one that is deleted.

CREATE TABLE deck_number (
    deck plan_id PRIMARY KEY,
    latest integer NOT NULL CHECK (latest > 0)
);
COMMENT ON TABLE deck_number IS 'The highest number that a version of a deck ever had; of decks that are deleted too.';
COMMENT ON COLUMN deck_number.deck IS 'The deck''s id.';
COMMENT ON COLUMN deck_number.latest IS 'The number.';

INSERT INTO deck_number (deck, latest)
SELECT deck, max(number) FROM deck_version GROUP BY deck;

CREATE FUNCTION keep_deck_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deck_number (deck, latest) VALUES (NEW.deck, NEW.number)
    ON CONFLICT (deck) DO UPDATE SET latest = greatest(deck_number.latest, excluded.latest);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION keep_deck_number() IS 'Writes down the number of a new version.';

CREATE TRIGGER deck_version_keeps_number
AFTER INSERT ON deck_version
FOR EACH ROW EXECUTE FUNCTION keep_deck_number();
