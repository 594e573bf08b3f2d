-- Versions that do not have the numbers of rows that they were stored with: somebody has changed the tables by hand.
SELECT id FROM deck_version AS version
WHERE row_count <> (SELECT count(*) FROM deck_row WHERE deck_version_id = version.id)
   OR ocn_row_count <> (SELECT count(*) FROM deck_ocn_row WHERE deck_version_id = version.id)
   OR cic_row_count <> (SELECT count(*) FROM deck_cic_row WHERE deck_version_id = version.id)
