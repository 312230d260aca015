"""What a message asks the customer for stands in a field of its own."""

# Rows that are looked through at once.
BATCH = 10_000


def migrate(cr, _version):
    """Fill the field from the buttons that the messages were made with.

    :param Cursor cr: of the database that is updated
    """
    cr.execute("SELECT min(id), max(id) FROM viber_message")
    first, last = cr.fetchone()
    for start in range(first or 0, (last or -1) + 1, BATCH):
        # In a text there would be a backslash before each quotation mark.
        cr.execute(
            """
            UPDATE viber_message SET asks = 'phone'
             WHERE id >= %s AND id < %s
               AND payload LIKE '%%"ActionType":"share-phone"%%'
            """,
            (start, start + BATCH),
        )
