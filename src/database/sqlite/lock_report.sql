--: patience
PRAGMA busy_timeout = {milliseconds}
