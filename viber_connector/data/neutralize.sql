-- A copy of the database must not speak to the customers of the original.
UPDATE viber_account SET auth_token = NULL, state = 'draft';
UPDATE viber_message SET state = 'canceled' WHERE state IN ('outgoing', 'sending');
