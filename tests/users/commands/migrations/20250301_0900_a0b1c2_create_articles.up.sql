-- ambix: parents none
CREATE TABLE articles (id integer PRIMARY KEY, name text NOT NULL);
