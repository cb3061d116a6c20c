CREATE TABLE subscriptions (
    id char(36) NOT NULL PRIMARY KEY DEFAULT (uuid()),
    user_id bigint NOT NULL,
    plan varchar(50) NOT NULL,
    status varchar(20) NOT NULL,
    created_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    CONSTRAINT subscriptions_user_id FOREIGN KEY (user_id) REFERENCES users (id)
);
