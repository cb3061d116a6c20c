//! Two migrations whose names say the same version to most tools, so that one of them may be meant as the other's down side, or would
//! never have run.

use super::{MigrationSides, source};
use crate::{
    error::Result,
    migration::{Migration, Script},
};

/// Two neighbours of this kind, and the revisions that their names give them.
pub(super) struct Twins {
    at: usize,
    named: [String; 2],
}

/// Finds them in the sorted list.
pub(super) fn find(sides: &[MigrationSides]) -> Vec<Twins> {
    let of = |sides: &MigrationSides| {
        let name = sides.name.as_ref()?;
        // diesel's versions are texts.
        let is_flat = !sides.up.as_ref()?.file().contains('/');
        is_flat.then(|| Some((name.number()?.to_owned(), name.revision.clone()))).flatten()
    };
    let pairs = sides.windows(2).enumerate().filter_map(|(at, pair)| {
        let [(a, first), (b, second)] = [of(pair.first()?)?, of(pair.last()?)?];
        (a == b).then_some(Twins { at, named: [first, second] })
    });
    pairs.collect()
}

/// Refuses them, unless one of them has an id of its own.
pub(super) fn refuse(twins: &[Twins], list: &[Migration]) -> Result<()> {
    for Twins { at, named } in twins {
        let Some([a, b]) = list.get(*at..at + 2) else { continue };
        if a.revision() != named[0] || b.revision() != named[1] {
            continue;
        }
        let (up, down) = match (is_down(&a.up), is_down(&b.up)) {
            (true, false) => (b, a),
            (false, true) => (a, b),
            // The graph says that a revision is used twice.
            _ if named[0] == named[1] => continue,
            _ => {
                return Err(source(
                    b.up.file(),
                    format!(
                        "has the same number as {}, and to sqlx, golang-migrate, goose and others 1, 01 and 001 are one version; give one \
                         of them another number, or an id of its own (`-- ambix: revision ...` at its head)",
                        a.up.file()
                    ),
                ));
            }
        };
        return Err(source(
            down.up.file(),
            format!(
                "looks like the down side of {}, and would be run as another migration; name it {}.down.sql",
                up.up.file(),
                stem(up.up.file())
            ),
        ));
    }
    Ok(())
}

fn stem(file: &str) -> &str {
    let stem = super::name::stem(file).unwrap_or(file);
    stem.strip_suffix(".up").unwrap_or(stem)
}

/// Whether the last word of a file's name is one for down sides.
fn is_down(script: &Script) -> bool {
    let last = stem(script.file()).rsplit(|c: char| !c.is_alphanumeric()).next();
    last.is_some_and(|word| {
        super::name::DOWN_WORDS.iter().any(|down| word.eq_ignore_ascii_case(down))
    })
}
