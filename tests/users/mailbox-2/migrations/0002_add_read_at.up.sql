-- Version 1 of the library does not know the column, so it must not have to fill it.
ALTER TABLE mailbox_messages ADD COLUMN read_at timestamptz;
