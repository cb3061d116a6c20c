//! The difference of two texts, line by line, as `diff -u` shows it without its numbers.

/// So many lines around a difference say where it is.
const AROUND: usize = 2;
/// So many pairs of lines are compared; what is longer is shown as replaced.
const PAIRS: usize = 4_000_000;

/// A line of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiffLine<'t> {
    Both(&'t str),
    Old(&'t str),
    New(&'t str),
}

/// All lines of both texts, in their order.
pub(super) fn compared_lines<'t>(old: &'t str, new: &'t str) -> Vec<DiffLine<'t>> {
    let lines = all(old, new).into_iter();
    lines
        .map(|(sign, line)| match sign {
            '-' => DiffLine::Old(line),
            '+' => DiffLine::New(line),
            _ => DiffLine::Both(line),
        })
        .collect()
}

/// The lines that are on one side alone, with `-` or `+` before them, and a few that are on both.
pub(super) fn difference(old: &str, new: &str) -> Vec<String> {
    let lines = all(old, new);
    let is_near = |at: usize| {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        lines[near].iter().any(|(sign, _)| *sign != ' ')
    };
    let mut shown = Vec::new();
    let mut last = None;
    for at in (0..lines.len()).filter(|at| is_near(*at)) {
        if last.is_some_and(|last| last + 1 < at) {
            shown.push("...".to_owned());
        }
        last = Some(at);
        shown.push(format!("{}{}", lines[at].0, lines[at].1).trim_end().to_owned());
    }
    shown
}

/// All lines, with a sign for the side on which each is.
fn all<'t>(old: &'t str, new: &'t str) -> Vec<(char, &'t str)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let begin = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[begin..].iter().rev().zip(new[begin..].iter().rev());
    let end = rest.take_while(|(a, b)| a == b).count();
    let mut lines: Vec<(char, &str)> = old[..begin].iter().map(|line| (' ', *line)).collect();
    lines.extend(middle(&old[begin..old.len() - end], &new[begin..new.len() - end]));
    lines.extend(old[old.len() - end..].iter().map(|line| (' ', *line)));
    lines
}

/// What is between the first and the last difference: as few lines as possible are on one side alone.
fn middle<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let mut lines = Vec::new();
    if old.len().saturating_mul(new.len()) > PAIRS {
        lines.extend(old.iter().map(|line| ('-', *line)));
        lines.extend(new.iter().map(|line| ('+', *line)));
        return lines;
    }
    // How many lines both have in common from here on.
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a * width + b] = match old[a] == new[b] {
                true => common[(a + 1) * width + b + 1] + 1,
                false => common[(a + 1) * width + b].max(common[a * width + b + 1]),
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            lines.push((' ', old[a]));
            (a, b) = (a + 1, b + 1);
        } else if b == new.len()
            || a < old.len() && common[(a + 1) * width + b] >= common[a * width + b + 1]
        {
            lines.push(('-', old[a]));
            a += 1;
        } else {
            lines.push(('+', new[b]));
            b += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn what_differs_is_shown_and_where() {
        let cases: [(&str, &str, &[&str]); 6] = [
            ("a\nb", "a\nb", &[]),
            ("", "a", &["+a"]),
            ("a", "", &["-a"]),
            ("a\nb\nc\nd\ne\nf", "a\nb\nc\nX\ne\nf", &[" b", " c", "-d", "+X", " e", " f"]),
            (
                "1\n2\n3\n4\n5\n6\n7\n8",
                "0\n1\n2\n3\n4\n5\n6\n7",
                &["+0", " 1", " 2", "...", " 6", " 7", "-8"],
            ),
            ("a\nb\nc", "c\na\nb", &["+c", " a", " b", "-c"]),
        ];
        for (old, new, wanted) in cases {
            assert_eq!(difference(old, new), wanted, "{old:?} {new:?}");
        }
    }
}
