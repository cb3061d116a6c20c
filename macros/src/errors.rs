//! Everything that is wrong, in one go.

use proc_macro2::{Span, TokenStream};

/// What was found wrong so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn at(&mut self, span: Span, text: impl std::fmt::Display) {
        self.add(syn::Error::new(span, text));
    }

    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, or what was wrong with it, said.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(syn::Error::into_compile_error).unwrap_or_default()
    }
}

/// `; did you mean ..?` where one of the known names is close to the given one.
pub(crate) fn did_you_mean<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let near = |name: &str| {
        let shorter = given.len().min(name.len());
        let begins = shorter > 2 && (name.starts_with(given) || given.starts_with(name));
        let distance = distance(given, name);
        (begins || distance <= 1 + shorter / 4).then_some(distance)
    };
    let near = known.into_iter().filter_map(|name| near(name).map(|distance| (distance, name)));
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// How many signs must be added, removed, changed or swapped with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best =
                (rows[i][j] + usize::from(x != y)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered() {
        let known = ["primary_key", "unique", "index"];
        assert_eq!(did_you_mean("primry_key", known), "; did you mean `primary_key`?");
        assert_eq!(did_you_mean("uniqeu", known), "; did you mean `unique`?");
        assert_eq!(did_you_mean("primary", known), "; did you mean `primary_key`?");
        assert_eq!(did_you_mean("indexed", known), "; did you mean `index`?");
        assert_eq!(did_you_mean("collation", known), "");
    }
}
