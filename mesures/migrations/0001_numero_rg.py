from django.db import migrations

# The twin of `mesures.regles.normaliser_rg`: a test holds them equal.
NORMALISER_RG = """
CREATE FUNCTION normaliser_rg(numero text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT lpad(base, greatest(8, length(base)), '0') || substr(rg, length(base) + 1)
      FROM (SELECT rg, regexp_replace(rg, '-[0-9]{1,2}$', '') AS base
              FROM (SELECT nullif(translate(btrim(numero, E' \\t\\r\\n'), 'abcdefghijklmnopqrstuvwxyz',
                                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), '') AS rg) AS nettoye) AS coupe
);
"""


class Migration(migrations.Migration):
    operations = [migrations.RunSQL(NORMALISER_RG, reverse_sql="DROP FUNCTION normaliser_rg(text)")]
