-- Whether version $1 and any of the versions $2 have a row for the same code. Codes of OCN and LATA may be NULL, any.
SELECT EXISTS (
    SELECT prefix FROM deck_row WHERE deck_version_id = $1
    INTERSECT
    SELECT prefix FROM deck_row WHERE deck_version_id = ANY ($2)
) OR EXISTS (
    SELECT ocn, lata, tier FROM deck_ocn_row WHERE deck_version_id = $1
    INTERSECT
    SELECT ocn, lata, tier FROM deck_ocn_row WHERE deck_version_id = ANY ($2)
) OR EXISTS (
    SELECT cic FROM deck_cic_row WHERE deck_version_id = $1
    INTERSECT
    SELECT cic FROM deck_cic_row WHERE deck_version_id = ANY ($2)
)
