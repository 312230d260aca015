"""Rows that somebody else holds, for exactly as long as a test wants."""

from contextlib import closing, contextmanager

import psycopg2


@contextmanager
def held(variables, database, query, params=None, is_kept=False):
    """Have a statement done in a transaction that stays open.

    :param dict variables: of :func:`devtools.odoo.environment`
    :param str query: takes the locks
    :param bool is_kept: whether what the statement did stays
    :return: context manager; leaving it takes back, or keeps, what the statement did
    """
    connection = psycopg2.connect(
        dbname=database,
        host=variables["PGHOST"],
        port=variables["PGPORT"],
        user=variables["PGUSER"],
        password=variables["PGPASSWORD"],
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(query, params)
        assert cursor.rowcount, "there is nothing to hold"
        yield
        if is_kept:
            connection.commit()
