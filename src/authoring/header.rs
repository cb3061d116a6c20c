//! Directives at the head of a file: written, and changed in an existing text.

use crate::sql;

/// The directives of a new migration, one line each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head<'h> {
    /// Where the file's name does not carry it.
    pub(crate) revision: Option<&'h str>,
    pub(crate) replaces: &'h [String],
    pub(crate) parents: &'h [String],
    pub(crate) depends_on: &'h [String],
    pub(crate) labels: &'h [String],
}

impl Head<'_> {
    /// Parents are always written: then a second migration on the same parent, from another branch, is a second head after
    /// the merge, and no silent link of the chain.
    pub(crate) fn text(&self) -> String {
        let mut lines: Vec<String> =
            self.revision.map(|revision| directive("revision", revision)).into_iter().collect();
        let mut add = |keyword, values: &[String]| {
            if !values.is_empty() {
                lines.push(directive(keyword, &values.join(", ")));
            }
        };
        add("replaces", self.replaces);
        add("parents", &[parents(self.parents)]);
        add("depends-on", self.depends_on);
        add("labels", self.labels);
        lines.concat()
    }
}

/// The value of a `parents` directive.
pub(crate) fn parents(revisions: &[String]) -> String {
    if revisions.is_empty() { "none".to_owned() } else { revisions.join(", ") }
}

fn directive(keyword: &str, value: &str) -> String {
    format!("-- ambix: {keyword} {value}\n")
}

/// A text whose head says this instead of what it said, or says it, too.
pub(crate) fn set(text: &str, keyword: &str, value: &str) -> String {
    let text = crate::migration::canonical(text);
    let last = sql::header(&text).into_iter().rev().find(|found| found.keyword == keyword);
    let line = directive(keyword, value);
    match last.and_then(|found| usize::try_from(found.line).ok()) {
        None => line + &text,
        // Of several the last one counts, and a directive is a line by itself.
        Some(number) => text
            .split_inclusive('\n')
            .enumerate()
            .map(|(at, old)| if at + 1 == number { line.as_str() } else { old })
            .collect(),
    }
}

/// A text without the lines of its directives.
pub(crate) fn without(text: &str) -> String {
    let head: Vec<u32> = sql::header(text).into_iter().map(|found| found.line).collect();
    let lines = text.split_inclusive('\n').zip(1..);
    lines.filter(|(_, number)| !head.contains(number)).map(|(line, _)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_is_written_or_replaced() {
        assert_eq!(set("select 1;\n", "parents", "a"), "-- ambix: parents a\nselect 1;\n");
        let text =
            "\u{feff}-- hello\r\n-- ambix: parents a, b\r\n\r\nselect 1; -- ambix: parents x\r\n";
        assert_eq!(
            set(text, "parents", "none"),
            "-- hello\n-- ambix: parents none\n\nselect 1; -- ambix: parents x\n"
        );
        assert_eq!(set("-- ambix: parents a", "parents", "b"), "-- ambix: parents b\n");
    }

    #[test]
    fn a_head_has_its_directives_in_the_order_of_the_docs() {
        let list = |text: &str| vec![text.to_owned()];
        let (a, b, c, d) = (list("a"), list("b"), list("c"), list("d"));
        let head =
            Head { revision: Some("x.1"), replaces: &a, parents: &b, depends_on: &c, labels: &d };
        assert_eq!(
            head.text(),
            "-- ambix: revision x.1\n-- ambix: replaces a\n-- ambix: parents b\n-- ambix: depends-on c\n-- ambix: labels d\n"
        );
        assert_eq!(Head::default().text(), "-- ambix: parents none\n");
    }
}
