//! Names that somebody may have meant.

/// At most three names that look like the given one, the likeliest first.
///
/// Near is a name with few other letters, or one that begins alike: revisions are often copied incompletely.
pub(crate) fn near<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let given: Vec<char> = given.to_lowercase().chars().collect();
    let limit = 1 + given.len() / 4;
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    // What is far longer than any revision is not a mistyped one, and would take long to compare.
    if given.len() <= 200 {
        for (at, name) in names.enumerate() {
            let letters: Vec<char> = name.to_lowercase().chars().collect();
            let alike = given.iter().zip(&letters).take_while(|(a, b)| a == b).count();
            let far = distance(&given, &letters, limit);
            // A name must share something with what was given, or every short name would be near.
            if far <= limit && far < given.len().max(letters.len()) {
                found.push((far, at, name));
            } else if alike >= 4.max(given.len() / 2) {
                found.push((limit + 1 + given.len() - alike, at, name));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().take(3).map(|(_, _, name)| name.to_owned()).collect()
}

/// How many letters must be added, taken away or replaced; anything above the limit is told as more than it.
fn distance(a: &[char], b: &[char], limit: usize) -> usize {
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = corner + usize::from(left != right);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
        if row.iter().all(|&far| far > limit) {
            return limit + 1;
        }
    }
    row[b.len()]
}
