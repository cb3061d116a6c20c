DELETE FROM articles WHERE name = 'bread';
