"""Files of mesures, in and out.

`lecture` and what it calls know no database: bytes to typed lines. `rapprochement` holds the lines against the
owner's mesures, `ecriture` writes them, `imports` is the life of an import from one to the other.
"""
