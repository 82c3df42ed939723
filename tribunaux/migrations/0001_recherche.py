from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

# In standard SQL, so that names are resolved once, when the function is created: a dump is restored
# with an empty search_path.
TEXTE_RECHERCHE = """
CREATE FUNCTION texte_recherche(texte text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
    regexp_replace(
        btrim(regexp_replace(lower(unaccent('unaccent'::regdictionary, texte)), '[^a-z0-9]+', ' ', 'g')),
        '\\mst\\M', 'saint', 'g'),
    '\\mste\\M', 'sainte', 'g');
"""


class Migration(migrations.Migration):
    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        migrations.RunSQL(TEXTE_RECHERCHE, reverse_sql="DROP FUNCTION texte_recherche(text)"),
    ]
