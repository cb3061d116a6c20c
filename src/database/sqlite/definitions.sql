-- What drafts do not compare and the catalogue does not tell: two numbers in the file's head that are the application's own.
SELECT 'beside' AS ambix, 'pragma' AS kind, 'user_version' AS name, CAST(user_version AS TEXT) AS text FROM pragma_user_version WHERE user_version <> 0
UNION ALL
SELECT 'beside', 'pragma', 'application_id', CAST(application_id AS TEXT) FROM pragma_application_id WHERE application_id <> 0;
