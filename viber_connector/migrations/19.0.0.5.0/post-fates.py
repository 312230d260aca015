"""What became of messages and customers is known more exactly than before."""

# Of failures that only the outbox knows.
_OUTBOX_FAILURES = (
    "viber_account",
    "viber_rate",
    "viber_recipient",
    "viber_request",
    "viber_uncertain",
    "viber_unavailable",
)


def migrate(cr, _version):
    """Date what has failed and who has left; give up what nobody could.

    :param Cursor cr: of the database that is updated
    """
    cr.execute(
        """
        UPDATE viber_message
           SET failed_date = COALESCE(sending_date, create_date)
         WHERE state = 'failed' AND failed_date IS NULL
        """
    )
    # When they left is not known: only what is sent from now on shows otherwise.
    cr.execute(
        """
        UPDATE viber_subscriber
           SET left_date = clock_timestamp() AT TIME ZONE 'UTC'
         WHERE is_subscribed IS NOT TRUE AND left_date IS NULL
        """
    )
    # Their messages were removed from the outbox.
    cr.execute(
        """
        UPDATE mail_notification AS notification
           SET notification_status = 'canceled',
               failure_type = NULL, failure_reason = NULL
         WHERE notification_type = 'viber'
           AND (notification_status = 'ready'
                OR notification_status = 'exception' AND failure_type IN %s)
           AND NOT EXISTS (
                SELECT 1 FROM viber_message
                 WHERE mail_notification_id = notification.id)
        """,
        (_OUTBOX_FAILURES,),
    )
