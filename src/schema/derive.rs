//! The derives, and what each of their attributes means. What they write are calls of the builders beside them.

/// Makes an enum the type of a column whose values are listed: an enum type on PostgreSQL, an `ENUM` on MySQL and MariaDB, a
/// text with a check on SQLite.
///
/// ```
/// use ambix::{Enum, schema::EnumModel};
///
/// #[derive(Enum, sqlx::Type)]
/// #[sqlx(type_name = "order_status", rename_all = "snake_case")]
/// enum OrderStatus {
///     New,
///     InProgress,
///     #[value(renamed_from = "sent")]
///     Shipped,
/// }
///
/// let status = OrderStatus::enum_type();
/// assert_eq!(status.name.name, "order_status");
/// assert_eq!(status.values, ["new", "in_progress", "shipped"]);
/// ```
///
/// What `#[sqlx(...)]` says for `sqlx::Type` holds: `type_name` (with a schema before a point, too), `rename_all` and `rename`.
/// Without it the type is called as the enum is, in snake_case, and the values as the variants are. Without `type_name` sqlx
/// itself looks for a type that is called exactly as the enum, in small letters: an enum of two words needs one.
///
/// An enum with `#[repr(i32)]` and the like is what sqlx makes of it, a column of such numbers.
///
/// | on the enum: `#[model(...)]` | |
/// |---|---|
/// | `name = "order_status"` | what the type is called |
/// | `schema = "shop"` | the schema that it is in |
/// | `renamed_from = "status"` | what it was called before: it is renamed, and not made anew |
/// | `rename_all = "snake_case"` | the case of the values, as sqlx has them: `lowercase`, `camelCase`, `kebab-case` .. |
/// | `crate = "path"` | where ambix is, if not at `::ambix` |
///
/// | on a variant: `#[value(...)]` | |
/// |---|---|
/// | `rename = "dispatched"` | what the value is called |
/// | `renamed_from = "sent"` | what it was called before: rows that have it keep it |
///
/// A variant may be a column's default: `#[column(default = OrderStatus::New)]`.
pub use ambix_macros::Enum;

/// Makes a struct a table.
///
/// ```
/// # #[cfg(all(feature = "uuid", feature = "chrono"))] {
/// use ambix::Model;
/// use chrono::{DateTime, Utc};
/// use uuid::Uuid;
///
/// #[derive(Model, sqlx::FromRow)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key, auto_increment)]
///     id: i64,
///     #[column(unique, max_length = 255)]
///     email: String,
///     hashed_password: String,
///     full_name: Option<String>,
/// }
///
/// #[derive(Model, sqlx::FromRow)]
/// #[model(table = "subscriptions", index(user_id, desc(created_at)))]
/// struct Subscription {
///     #[column(primary_key)]
///     id: Uuid,
///     #[column(references(User, id, on_delete = "cascade"))]
///     user_id: i64,
///     #[column(max_length = 50)]
///     plan: String,
///     #[column(max_length = 20, default = "active")]
///     status: String,
///     #[column(default_sql = "CURRENT_TIMESTAMP")]
///     created_at: DateTime<Utc>,
/// }
///
/// let models = ambix::models![User, Subscription];
/// # }
/// ```
///
/// A field is a column of the same name. Its type is its Rust type's ([`ColumnType`](crate::schema::ColumnType) has a list),
/// and it may be NULL where that is an `Option`. The table is called as the struct is, in snake_case: `OrderItem` is
/// `order_item`. Nothing is made plural; `table` says another name.
///
/// What `#[sqlx(...)]` says for `FromRow` holds for the table, too: `rename_all`, `rename`, `skip`, `json` (a JSON column),
/// `try_from` (a column of that type) and `flatten` (all columns, constraints and indexes of another model).
///
/// # On the struct: `#[model(...)]`
///
/// | | |
/// |---|---|
/// | `table = "users"` | what the table is called |
/// | `schema = "audit"` | the schema that it is in, where that is not the connection's own |
/// | `renamed_from = "people"` | what it was called before: it is renamed, and not dropped and made |
/// | `comment = ".."`, `comment` | the comment in the database; alone it is the doc comment |
/// | `primary_key(a, b)` | a key of several columns; fields can say `primary_key` as well |
/// | `unique(a, b)` | a unique constraint |
/// | `index(a, desc(b), expr("lower(c)"))` | an index |
/// | `foreign_key(columns(a, b), references(User, x, y))` | a foreign key of several columns |
/// | `foreign_key(columns(a, b), references = "users(x, y)")` | the same by the table's name |
/// | `check("starts_at < ends_at")` | a check |
/// | `exclude("USING gist (room WITH =, during WITH &&)")` | an exclusion constraint: what stands behind `EXCLUDE` |
/// | `option(strict, engine = "InnoDB", fillfactor = 70)` | properties that only some databases have; others pass them over |
/// | `crate = "path"` | where ambix is, if not at `::ambix` |
///
/// Columns are named by their field or by their own name. Each of the lists may stand several times, and say more; where it does,
/// its columns stand in `columns(..)`:
///
/// | | |
/// |---|---|
/// | all | `name = ".."`; all but the primary key `renamed_from = ".."` |
/// | `primary_key(..)`, `unique(..)` | `include(c)`, `deferrable`, `deferred`, `option(..)` |
/// | `unique(..)`, `index(..)` | `nulls_not_distinct` |
/// | `index(..)` | `unique`, `method = "gin"`, `where = "active"`, `include(c)`, `comment = ".."`, `option(fillfactor = 70)` |
/// | a part of an index | `a`, `desc(a)`, `expr("lower(a)")`, `column(a)` |
/// | in the list of a part | `desc`, `nulls = "first"` or `"last"`, `collation = "C"`, `ops = "jsonb_path_ops"`, `length = 20` |
/// | `foreign_key(..)` | `on_delete = ".."`, `on_update = ".."`, `on_delete_columns(b)`, `match = "full"`, `deferrable`, `deferred` |
/// | `check(..)` | `expr = ".."`, `no_inherit`, `not_enforced` |
/// | `exclude(..)` | `definition = ".."` |
///
/// ```
/// use ambix::{Model, schema::Model as _};
///
/// #[derive(Model)]
/// #[model(
///     schema = "shop",
///     comment = "what is on offer",
///     unique(name = "offers_slot", columns(shop, slot), deferrable),
///     index(name = "offers_title", columns(expr("lower(title)"), desc(price, nulls = "last")), where = "price > 0"),
///     check("price >= 0"),
///     option(fillfactor = 70),
/// )]
/// struct Offer {
///     #[column(primary_key, identity(always, start = 1000))]
///     id: i64,
///     shop: i32,
///     slot: i32,
///     #[column(max_length = 80, collation = "C")]
///     title: String,
///     price: Option<i64>,
///     #[column(generated = "price * slot")]
///     total: Option<i64>,
/// }
///
/// assert_eq!(Offer::table_name().to_string(), "shop.offer");
/// assert_eq!(Offer::table().indexes[0].predicate.as_deref(), Some("price > 0"));
/// ```
///
/// # On a field: `#[column(...)]`
///
/// | | |
/// |---|---|
/// | `name = "type"` | what the column is called |
/// | `renamed_from = "kind"` | what it was called before: it is renamed, and not dropped and added |
/// | `skip` | no column |
/// | `nullable`, `not_null` | whether it may be NULL, where the type does not say |
/// | `primary_key` | the primary key, or a part of it where several fields say so |
/// | `auto_increment` | the database numbers the rows, in its usual way |
/// | `identity`, `identity(always, start = 5, increment = 7, min = 1, max = 99, cache = 20, cycle)` | the same as the SQL standard has it |
/// | `serial` | the same by a default that takes the next number of a sequence |
/// | `default = 5`, `"x"`, `true`, `-1.5`, `Status::New`, `LIMIT` | a default: a literal, a constant, a variant of an [`Enum`] |
/// | `default_sql = "now()"` | a default in SQL |
/// | `generated = "a * 2"`, `generated("a * 2", virtual)` | computed and stored; computed when it is read |
/// | `unique`, `unique(name = "..", ..)` | a unique constraint |
/// | `index`, `index(name = "..", unique, method = "hash", where = "..", desc, ..)` | an index, with all that those of the struct may say |
/// | `references = "users(id)"`, `foreign_key = "users.id"` | a foreign key to a table's column |
/// | `references(User, id)` | the same to a model's column; the list may have `name = ".."` and what follows here |
/// | `on_delete = "cascade"`, `on_update`, `match`, `deferrable`, `deferred` | of the foreign key |
/// | `check = "length(email) > 3"`, `check(name = "..", expr = "..")` | a check |
/// | `max_length = 255`, `fixed_length = 2` | a text with a limit, or of exactly this length |
/// | `precision = 10, scale = 2` | an exact number of ten digits, two of them behind the point |
/// | `collation = "C"` | how the texts compare |
/// | `comment = ".."`, `comment` | the comment in the database; alone it is the doc comment |
/// | `as = "String"` | the column is of this Rust type's type, and the field's own need not be known |
/// | `sql_type = "tsvector"` | the type in SQL |
/// | `sql_type("text", postgres = "tsvector")` | the same with another for one database: `postgres`, `mysql`, `sqlite` |
/// | `option(storage = "external")` | properties that only some databases have |
///
/// The actions of a foreign key are `"cascade"`, `"restrict"`, `"set null"`, `"set default"` and `"no action"`, the default.
///
/// With `sql_type`, `max_length`, `precision` or `sqlx(json)` the field's own type is not asked, and the column may be NULL only where
/// the field is written `Option<..>`: another name for such a type needs `nullable`.
///
/// What cannot be is an error of the compiler that points at it: an unknown column in an index, a key that may be NULL, a text as
/// the default of a number. What only the database can know it says when the models are made in a scratch place for a draft.
pub use ambix_macros::Model;
