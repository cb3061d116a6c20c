//! What the messages share.

/// A statement as a message quotes it: one line, at most 200 characters.
pub(crate) fn brief(statement: &str) -> String {
    let mut words = statement.split_whitespace();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
        if line.len() > 800 {
            break;
        }
    }
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{} ...", line[..end].trim_end()),
        None => line,
    }
}

/// How many of a kind a message names. A short prefix may fit thousands, and a wrong folder changes every file.
const SHOWN: usize = 5;

/// The first few, and how many more there are.
pub(crate) fn some_of<T: AsRef<str>>(items: &[T], separator: &str) -> String {
    let shown: Vec<&str> = items.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let shown = shown.join(separator);
    match items.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown}{separator}{more} more"),
    }
}

/// The same for values that say themselves who they are.
pub(crate) fn some<T: ToString>(items: &[T], separator: &str) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    some_of(&items, separator)
}

pub(crate) fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
