"""Writes the same migrations for Alembic and for ambix: each creates one table.

    generate.py FOLDER COUNT

FOLDER/alembic is what `alembic init` and `alembic revision` write, FOLDER/ambix what `ambix revision` writes.
"""

import hashlib
import pathlib
import shutil
import sys

INI = """\
[alembic]
script_location = %(here)s
path_separator = os
"""

# What `alembic init` writes, without the configuration of logging.
ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["ALEMBIC_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = '''\
"""create {table}

Revision ID: {revision}
Revises: {parent}
Create Date: 2024-01-01 00:00:00

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE {table} (id integer PRIMARY KEY)")


def downgrade() -> None:
    op.execute("DROP TABLE {table}")
'''


def main() -> None:
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    alembic, ambix = folder / "alembic", folder / "ambix"
    for path in (alembic, ambix):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    (alembic / "versions").mkdir()
    (alembic / "alembic.ini").write_text(INI)
    (alembic / "env.py").write_text(ENV)
    parent = None
    for number in range(1, count + 1):
        table = f"t{number}"
        revision = hashlib.sha256(table.encode()).hexdigest()[:12]
        (alembic / "versions" / f"{revision}_create_{table}.py").write_text(
            REVISION.format(table=table, revision=revision, parent=parent or "", down_revision=repr(parent))
        )
        # A minute apart, from the first of January 2024 on.
        day, minute = divmod(number, 1440)
        stem = f"202401{day + 1:02}_{minute // 60:02}{minute % 60:02}_{revision}_create_{table}"
        (ambix / f"{stem}.up.sql").write_text(f"CREATE TABLE {table} (id integer PRIMARY KEY);\n")
        (ambix / f"{stem}.down.sql").write_text(f"DROP TABLE {table};\n")
        parent = revision


main()
