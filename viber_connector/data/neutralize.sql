-- A copy of the database must not speak to the customers of the original.
DELETE FROM viber_account_key;
UPDATE viber_account SET auth_token_hash = NULL, state = 'draft';
-- Whatever it is called, till an administrator says that it is the real one.
UPDATE viber_account SET copy_seen_date = now() AT TIME ZONE 'UTC'
 WHERE copy_seen_date IS NULL AND database_uuid IS NOT NULL;
-- Somebody may send it again in the original.
UPDATE viber_message SET is_of_original = TRUE WHERE state IN ('failed', 'uncertain');
UPDATE viber_message SET state = 'canceled', next_attempt_date = NULL
 WHERE state IN ('outgoing', 'sending');
-- What waited in the chatter waits no more: it says what became of the rest.
UPDATE mail_notification notification
   SET notification_status = CASE
           WHEN EXISTS (SELECT 1 FROM viber_message
                         WHERE mail_notification_id = notification.id
                           AND state = 'sent') THEN 'pending'
           WHEN EXISTS (SELECT 1 FROM viber_message
                         WHERE mail_notification_id = notification.id
                           AND state IN ('delivered', 'seen')) THEN 'sent'
           ELSE 'canceled' END,
       failure_type = NULL, failure_reason = NULL
 WHERE notification_type = 'viber' AND notification_status = 'ready';
