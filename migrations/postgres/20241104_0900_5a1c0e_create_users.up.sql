-- The people who log in.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    hashed_password text NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (email);
