//! What the text of a step cannot say on this server: a statement that is too long, from which it would cut the connection, and one that
//! leads to another database.

use super::{
    plan::Direction,
    prepare::{Piece, Prepared},
};
use crate::{
    database::Dialect,
    error::{Error, Place, Result},
    sql::Statement,
};

/// Checks that the server takes every statement: from one that is too long it would cut the connection.
pub(crate) fn check_lengths(prepared: &[Prepared<'_>], longest: Option<usize>) -> Result<()> {
    let Some(longest) = longest else { return Ok(()) };
    for step in prepared {
        let sql = step.pieces.iter().filter_map(|piece| match piece {
            Piece::Sql(statements) => Some(statements),
            Piece::Function { .. } => None,
        });
        check_row(step, longest)?;
        // A little is sent beside it.
        let too_long = |statement: &&Statement<'_>| statement.text.len() + 1024 > longest;
        if let Some(statement) = sql.flatten().find(too_long) {
            return Err(Error::NotRunnable {
                revision: step.step.migration.revision.clone(),
                place: step.place(statement.line, statement.column),
                problem: format!(
                    "the statement has {} bytes, and the server takes no more than {longest} at once (max_allowed_packet); raise \
                     that limit on the server, or make several statements of it",
                    statement.text.len()
                ),
            });
        }
    }
    Ok(())
}

/// The row of the history has the down side in it.
fn check_row(of: &Prepared<'_>, longest: usize) -> Result<()> {
    let migration = of.step.migration;
    let Some(down) = migration.down.as_ref().filter(|_| of.step.direction == Direction::Up) else {
        return Ok(());
    };
    // As a literal: each sign that is escaped has another before it.
    let escaped = down.text().bytes().filter(|byte| matches!(byte, b'\'' | b'\\' | 0)).count();
    let bytes = down.text().len() + escaped;
    if bytes + 4096 <= longest {
        return Ok(());
    }
    Err(Error::NotRunnable {
        revision: migration.revision.clone(),
        place: Place::file(down.file()),
        problem: format!(
            "the history keeps the down side, which takes {bytes} bytes, and the server takes no more than {longest} at once \
             (max_allowed_packet); raise that limit on the server, or make several migrations of this one"
        ),
    })
}

/// Checks that no step leads to another database than the one that is migrated: what it drops and creates would be there. If that one
/// is not known, as in a script, any may be another.
pub(crate) fn check_home(
    prepared: &[Prepared<'_>],
    dialect: &dyn Dialect,
    home: Option<&str>,
) -> Result<()> {
    for step in prepared {
        let away = step.sql().find_map(|statement| {
            let to = dialect.leads_to(statement)?;
            (Some(to.as_str()) != home).then_some((statement, to))
        });
        if let Some((statement, to)) = away {
            return Err(Error::NotRunnable {
                revision: step.step.migration.revision.clone(),
                place: step.place(statement.line, statement.column),
                problem: format!(
                    "this leads all that follows to the database {to}, and {}; remove the line (a dump of one database, without \
                     --databases, has none), or write the database before each name ({to}.TABLE)",
                    match home {
                        Some(home) => format!("the one that is migrated is {home}"),
                        None => "the history is in the one in which the script is run".to_owned(),
                    }
                ),
            });
        }
    }
    Ok(())
}
