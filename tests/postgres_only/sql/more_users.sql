INSERT INTO users (id) VALUES (20);
