-- A copy of the database must not speak to the customers of the original.
DELETE FROM viber_account_key;
UPDATE viber_account SET auth_token_hash = NULL, state = 'draft';
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
