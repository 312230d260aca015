"""Reasons are in an agent's words alone; what Viber said stood behind them."""

# Only these were ever followed by something, and none of them has a parenthesis of its
# own: what follows the first one is Viber's or the network's. The last of the sentences
# had its full stop before it, or after it.
_SPLIT = r"^([^(]*[^( .])?([.])? \((.*)\)([.])?$"
_FOLLOWED = (
    "viber_account",
    "viber_recipient",
    "viber_request",
    "viber_uncertain",
    "viber_unavailable",
)


def migrate(cr, _version):
    """Part the two.

    :param Cursor cr: of the database that is updated
    """
    cr.execute(
        """
        UPDATE viber_message
           SET failure_detail = regexp_replace(failure_reason, %(split)s, '\\3'),
               failure_reason = regexp_replace(failure_reason, %(split)s, '\\1.')
         WHERE failure_reason ~ %(split)s
        """,
        {"split": _SPLIT},
    )
    cr.execute(
        """
        UPDATE mail_notification
           SET failure_reason = regexp_replace(failure_reason, %(split)s, '\\1.')
         WHERE notification_type = 'viber' AND failure_type IN %(followed)s
           AND failure_reason ~ %(split)s
        """,
        {"split": _SPLIT, "followed": _FOLLOWED},
    )
