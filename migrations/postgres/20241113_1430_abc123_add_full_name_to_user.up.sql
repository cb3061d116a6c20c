-- A default in the database, so that a table with rows takes it.
ALTER TABLE users ADD COLUMN full_name text NOT NULL DEFAULT '';
