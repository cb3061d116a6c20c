CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY NOT NULL, -- a uuid
    user_id INTEGER NOT NULL REFERENCES users (id),
    plan VARCHAR(50) NOT NULL,
    status VARCHAR(20) NOT NULL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX subscriptions_user_id ON subscriptions (user_id);
