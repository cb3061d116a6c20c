-- The people who log in.
CREATE TABLE users (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email varchar(255) NOT NULL,
    hashed_password varchar(255) NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (email);
