-- What a user has uploaded and what was heard in it.
CREATE TABLE transcriptions (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id bigint NOT NULL,
    file_name varchar(255) NOT NULL,
    body longtext NOT NULL,
    created_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    CONSTRAINT transcriptions_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
