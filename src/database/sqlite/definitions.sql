-- What drafts do not compare and the catalogue does not tell: two numbers in the file's head that are the application's own. The
-- texts of views, triggers and virtual tables come with the catalogue.
SELECT 'definition' AS ambix, 'pragma', 'user_version', CAST(user_version AS TEXT) FROM pragma_user_version
UNION ALL SELECT 'definition', 'pragma', 'application_id', CAST(application_id AS TEXT) FROM pragma_application_id
