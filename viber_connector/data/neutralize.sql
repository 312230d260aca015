-- A copy of the database must not speak to the customers of the original.
DELETE FROM viber_account_key;
UPDATE viber_account SET auth_token_hash = NULL, state = 'draft';
UPDATE viber_message SET state = 'canceled' WHERE state IN ('outgoing', 'sending');
