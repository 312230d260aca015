"""Rows that somebody else holds, for exactly as long as a test wants."""

from contextlib import closing, contextmanager

import psycopg2


@contextmanager
def held(variables, database, query, params=None):
    """Have a statement done in a transaction that stays open.

    :param dict variables: of :func:`devtools.odoo.environment`
    :param str query: takes the locks
    :return: context manager; leaving it takes back what the statement did
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
