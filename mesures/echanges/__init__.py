"""Files of mesures, in and out: the public format, without the database."""
