ALTER TABLE mailbox_messages DROP COLUMN read_at;
