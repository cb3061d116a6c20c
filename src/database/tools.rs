//! The tables in which other migration tools keep what they have applied.

/// Names of history tables, and who keeps one of that name. A name in lower case stands for every spelling.
const TABLES: [(&str, &str); 31] = [
    ("__diesel_schema_migrations", "diesel"),
    ("__drizzle_migrations", "drizzle"),
    ("__efmigrationshistory", "Entity Framework"),
    ("_prisma_migrations", "Prisma"),
    ("_sqlx_migrations", "sqlx"),
    ("_yoyo_migration", "yoyo"),
    ("aerich", "Aerich"),
    ("alembic_version", "Alembic"),
    ("ar_internal_metadata", "Rails"),
    ("atlas_schema_revisions", "Atlas"),
    ("databasechangelog", "Liquibase"),
    ("databasechangeloglock", "Liquibase"),
    ("django_migrations", "Django"),
    ("doctrine_migration_versions", "Doctrine"),
    ("flyway_schema_history", "Flyway"),
    ("goose_db_version", "goose"),
    ("gorp_migrations", "sql-migrate"),
    ("knex_migrations", "Knex"),
    ("knex_migrations_lock", "Knex"),
    ("micrate_db_version", "micrate"),
    ("migrations", "TypeORM, Laravel and others"),
    ("mikro_orm_migrations", "MikroORM"),
    ("phinxlog", "Phinx"),
    ("pgmigrations", "node-pg-migrate"),
    ("refinery_schema_history", "refinery"),
    ("schema_migrations", "golang-migrate, dbmate, Rails and others"),
    ("schema_version", "tern, Flyway before 5 and others"),
    ("schemaversions", "DbUp"),
    ("seaql_migrations", "SeaORM"),
    ("sequelizemeta", "Sequelize"),
    ("typeorm_metadata", "TypeORM"),
];

/// Names that an application may well have given to a table of its own.
const COMMON: [&str; 4] = ["aerich", "migrations", "schema_version", "schemaversions"];

/// The tool that keeps its history in a table of this name; for people.
pub(crate) fn tool_of_table(name: &str) -> Option<&'static str> {
    let tables = TABLES.iter().find(|(table, _)| table.eq_ignore_ascii_case(name));
    tables.map(|(_, tool)| *tool)
}

/// Whether a table of this name may also be an application's own, so that leaving it alone has to be told.
pub(crate) fn is_common_name(name: &str) -> bool {
    COMMON.iter().any(|common| common.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::{COMMON, tool_of_table};

    #[test]
    fn a_tool_is_known_by_its_table_in_any_case() {
        for (table, tool) in [
            ("alembic_version", Some("Alembic")),
            ("DATABASECHANGELOG", Some("Liquibase")),
            ("SequelizeMeta", Some("Sequelize")),
            ("__EFMigrationsHistory", Some("Entity Framework")),
            ("users", None),
        ] {
            assert_eq!(tool_of_table(table), tool, "{table}");
        }
        assert!(COMMON.iter().all(|name| tool_of_table(name).is_some()));
    }
}
