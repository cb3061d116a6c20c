//! `graph-lookup.md`: what is a graph and what a name means in it; and the entries of
//! `bugs.md` that concern these.

use super::notation::{applied, graph, names, read, sorted, words};
use crate::{
    error::{Error, Place, Relation},
    graph::{Applied, Graph, Target},
    migration::{Migration, Migrations},
};

pub(super) const TRAVELLING: &str = "a1; a2<-a1; a3<-a2; b1<-a3; b2<-a3; cb1<-b1; cb2<-b2; db1<-cb1; db2<-cb2; e1b1<-db1; \
     fe1b1<-e1b1; e2b1<-db1; e2b2<-db2; merge<-e2b1+e2b2";
pub(super) const LABELLED: &str = "a @abranch; b<-a; somelongername<-b; c<-somelongername; d; e<-d @ebranch; \
     someothername<-e; f<-someothername";
pub(super) const CROSS_ONE: &str = "base1 @b_1; a1a<-base1; a1b<-base1; b1a<-a1a; b1b<-a1b dep(a3); base2 @b_2; a2<-base2; \
     b2<-a2; c2<-b2 dep(a3); d2<-c2; base3 @b_3; a3<-base3; b3<-a3";
pub(super) const CROSS_TWO: &str = "base1 @b_1; a1<-base1; b1<-a1; c1<-b1; base2 dep(b_1) @b_2; a2<-base2; b2<-a2; c2<-b2; \
     d2<-c2; base3 @b_3; a3<-base3; b3<-a3; c3<-b3 dep(b2); d3<-c3";
pub(super) const NORMALIZED: &str =
    "a1; a2<-a1; a3<-a2; b1; b2<-b1 dep(a3); b3<-b2; b4<-b3 dep(a3); b5<-b4 dep(b4)";

#[test]
fn heads_and_shape() {
    for (number, notation, heads) in [
        ("REV-001", "a; b<-a; c<-b", "c"),
        ("REV-001", "a; b<-a; c<-b; d<-c", "d"),
        ("REV-002", "a; b<-a; c1<-b; c2<-b", "c1 c2"),
        ("REV-002", "a; b<-a; c1<-b; c2<-b; d1<-c1", "c2 d1"),
        ("REV-091", CROSS_ONE, "b1a b1b b3 d2"),
        ("REV-100", CROSS_TWO, "c1 d2 d3"),
    ] {
        assert_eq!(sorted(names(graph(notation).heads())), words(heads), "{number}: {notation}");
    }
    let graph = graph(TRAVELLING);
    assert_eq!(names(graph.bases()), ["a1"]);
    assert_eq!(names(graph.branch_points()), ["a3", "db1"]);
    assert_eq!(names(graph.merge_points()), ["merge"]);
    assert_eq!(names(graph.parents("merge")), ["e2b1", "e2b2"]);
    assert_eq!(names(graph.children("a3")), ["b1", "b2"]);
    assert!(graph.children("nosuch").is_empty());
}

#[test]
fn dependencies_are_told_from_parents() {
    let graph = graph(NORMALIZED);
    assert_eq!(names(graph.parents("b5")), ["b4"], "REV-125");
    assert!(graph.dependencies("b5").is_empty(), "REV-125: said twice, needed once");
    assert_eq!(names(graph.dependencies("b4")), ["a3"]);
    assert_eq!(names(graph.dependents("a3")), ["b2", "b4"]);
}

#[test]
fn without_parents_the_migration_before_is_the_parent() {
    let list = [
        Migration::new("2", ""),
        Migration::new("1", ""),
        Migration::new("3", "").parents(Vec::<String>::new()),
        Migration::new("4", ""),
    ];
    let graph = Graph::new(Migrations::new(list).unwrap()).unwrap();
    assert_eq!(names(graph.parents("1")), ["2"]);
    assert_eq!(names(graph.parents("4")), ["3"]);
    assert_eq!(names(graph.bases()), ["2", "3"]);
}

#[test]
fn order_is_needs_first_then_names() {
    let graph = graph("z; y<-z; m<-y+n; n; k dep(m); b; a<-b");
    assert_eq!(names(graph.iter()), ["z", "y", "n", "m", "k", "b", "a"], "BUG-017");
    assert_eq!(names(graph.iter().rev()), ["a", "b", "k", "m", "n", "y", "z"]);
}

/// Cycles: number, graph, the revisions that the error names.
const CYCLES: &[(&str, &str, &str)] = &[
    ("REV-028", "a<-c; b<-a; c<-b; d; e<-d", "a c b"),
    ("REV-029", "a dep(c); b<-a; c<-b; d; e<-d", "a c b"),
    ("REV-031", "a dep(c); b<-a; c<-b; d<-c; e<-d", "a c b"),
    ("REV-032", "a<-c; b<-a; c<-b", "a c b"),
    ("REV-034", "a; b<-a; c<-b+e; d<-c; e<-d", "c e d"),
    ("REV-035", "a; b<-a; c<-b dep(e); d<-c; e<-d", "c e d"),
    ("REV-034 hanging on it", "x<-c; a<-c; b<-a; c<-b", "a c b"),
    ("REV-037", "a dep(a); b<-a; c<-b", "a"),
    ("REV-038", "a<-a; b<-a; c<-b", "a"),
    ("REV-040", "a; b<-a+b; c1<-b; c2<-b", "b"),
    ("REV-041", "a; b<-a; c<-b dep(c)", "c"),
    ("REV-043", "a; b1<-a; b2<-a; c<-b1+b2 dep(c)", "c"),
    ("REV-044", "a; b1<-a; b2<-a; c<-b1+b2+c", "c"),
    ("REV-047", "a dep(a)", "a"),
    // Its last revision is `head` there, which is a word of the targets and cannot be a revision here.
    ("BUG-007", "base0; a<-base0+b; b<-a; top<-b", "a b"),
];

#[test]
fn cycles() {
    for &(number, notation, circle) in CYCLES {
        match read(notation) {
            Err(Error::Cycle { revisions, places }) => {
                assert_eq!(revisions, words(circle), "{number}: {notation}");
                let files =
                    revisions.iter().map(|revision| Place::file(format!("<{revision} up>")));
                assert_eq!(places, files.collect::<Vec<_>>(), "{number}: files");
            }
            other => panic!("{number}: {notation}: {other:?}"),
        }
    }
    for (number, notation) in [
        ("REV-046", "user_foo; user dep(user_foo)"),
        ("GraphWithLoopTest", "user_foo; user<-user_foo dep(user_foo)"),
        ("EmptyMapTest", ""),
    ] {
        assert!(read(notation).is_ok(), "{number}: {notation}");
    }
}

#[test]
fn duplicates_and_unknown_parents() {
    let Err(Error::Duplicate { revision, first, second }) = read("a; b<-a; c; b<-c") else {
        panic!("BUG-008")
    };
    assert_eq!(
        (revision.as_str(), first.file, second.file),
        ("b", "<b up>".into(), "<b up>".into())
    );

    let up = "-- ambix: parents zzz9, abc124\nselect 1;";
    let list = [Migration::new("abc123", ""), Migration::new("d", "").up(up)];
    let Err(error) = Graph::new(Migrations::new(list).unwrap()) else { panic!("BUG-009") };
    assert_eq!(
        error.to_string(),
        "<d up>:1: revision d names zzz9 as its parent, but there is no such migration",
        "BUG-009"
    );
    let Err(Error::UnknownParent { relation, missing, near, .. }) = read("abc123; d dep(abc124)")
    else {
        panic!("BUG-009")
    };
    assert_eq!((relation, missing.as_str()), (Relation::Dependency, "abc124"), "BUG-009");
    assert_eq!(near, ["abc123"], "BUG-009");
}

#[test]
fn labels_are_unique_names() {
    for (number, notation, part) in [
        (
            "REV-055, BUG-010",
            "a; b<-a; c<-b @xy1; d; e<-d @xy1; f<-e",
            "<e up>: label xy1 is already used by revision c (<c up>)",
        ),
        ("a revision's name", "a; b<-a @a", "<b up>: label a is also the revision of revision a"),
        ("a word of the targets", "a @heads", "<a up>: heads cannot be a label"),
        ("steps", "a @lib-2", "<a up>: lib-2 cannot be a label"),
        ("a sign of the targets", "a @lib+x", "<a up>: '+' cannot be in a label"),
    ] {
        let error = read(notation).unwrap_err().to_string();
        assert!(error.contains(part), "{number}: {error}");
    }
    let graph = graph("a @my-lib @other; b<-a");
    assert_eq!(graph.labels_of("a"), ["my-lib", "other"]);
    let resolved = graph.resolve(&"my-lib@head".parse().unwrap(), &Applied::new()).unwrap();
    assert_eq!(names(resolved), ["b"]);
}

/// Targets: number, target, what it means (`base` where it means none), or `!` and a part of the error.
const LABEL_TARGETS: &[(&str, &str, &str)] = &[
    ("REV-049", "e", "e"),
    ("REV-050", "abranch@heads", "c"),
    ("REV-052", "abranch@head", "c"),
    ("REV-052", "abranch@base", ""),
    ("REV-052", "ebranch@head", "f"),
    ("REV-052", "ebranch@d", "d"),
    ("REV-067", "abranch@qprstuv", "!can't locate revision qprstuv"),
    ("REV-067", "abranch@qpr", "!can't locate revision qpr"),
    ("REV-068", "x@d", "!can't locate revision x"),
    ("REV-070", "someoth@d", "d"),
    ("REV-071", "ebranch@some", "someothername"),
    ("REV-071", "abranch@some", "somelongername"),
    ("REV-071", "some", "!may be somelongername or someothername"),
    ("REV-073", "abranch", "a"),
    ("REV-073", "ebranch", "e"),
    ("REV-074", "ebranch@b", "!revision b is not a member of branch ebranch"),
    ("REV-074", "abranch@d", "!revision d is not a member of branch abranch"),
    ("REV-074", "ebranch@somel", "!revision somelongername is not a member of branch ebranch"),
    ("REV-005", "head", "!head means one head, but there are 2: c, f"),
    ("REV-007", "heads", "c f"),
    ("REV-008", "heads-1", "!heads means one head"),
    ("any prefix", "somel", "somelongername"),
    ("several", "c f", "c f"),
    ("several", " c,\n f ", "c f"),
    ("REV-011", "c,c", "c"),
    ("CLI-023", "nosuch@head", "!can't locate revision nosuch"),
    ("BUG-011", "", "!it is empty"),
    ("BUG-011", " , ", "!it is empty"),
    ("signs", "@head", "!missing before the `@`"),
    ("signs", "abranch@", "!missing after the `@`"),
    ("signs", "abranch@b@c", "!'@' is not expected"),
    ("signs", "+", "!a number is missing"),
    ("signs", "c+", "!a number is missing"),
    ("signs", "c+1+1", "!'+' is not expected"),
    ("signs", "+99999999999999999999999", "!too large"),
    ("signs", "c'; drop", "!'\\'' is not expected"),
    ("BUG-012", "a:b:c", "!it is a range"),
];

#[test]
fn targets_with_labels() {
    let graph = graph(LABELLED);
    for &(number, text, means) in LABEL_TARGETS {
        let resolved =
            text.parse::<Target>().and_then(|target| graph.resolve(&target, &Applied::new()));
        match (resolved, means.strip_prefix('!')) {
            (Ok(found), None) => assert_eq!(names(found), words(means), "{number}: {text:?}"),
            (Err(error), Some(part)) if error.to_string().contains(part) => {}
            (Err(error), Some("heads means one head")) => {
                assert!(matches!(error, Error::ManyHeads { .. }), "{number}: {error}");
            }
            (other, _) => panic!("{number}: {text:?} is {other:?}"),
        }
    }
}

#[test]
fn a_target_is_displayed_as_it_was_written() {
    for text in ["head", "+1", "a1,b2", "lib@base+3", " a  b "] {
        assert_eq!(Target::try_from(text.to_owned()).unwrap().to_string(), text);
    }
    assert_eq!(Target::head(), "head".parse().unwrap());
    assert_eq!(Target::heads(), "heads".parse().unwrap());
    assert_eq!(Target::base(), Target::try_from(&"base".to_owned()).unwrap());
}

#[test]
fn one_head_is_asked_for() {
    let graph = graph("a; b<-a; c1<-b; c2<-b");
    for number in ["REV-005", "REV-008", "CLI-016"] {
        let error = graph.upgrade(&Applied::new(), &[Target::head()]).unwrap_err();
        assert!(
            matches!(error, Error::ManyHeads { heads, .. } if heads == ["c1", "c2"]),
            "{number}"
        );
    }
    let none = graph.resolve(&Target::base(), &Applied::new()).unwrap();
    assert!(none.is_empty(), "REV-004");
    assert!(matches!(graph.find(""), Err(Error::Target { .. })));
}

#[test]
fn near_misses() {
    let graph = graph("20240101; 20240102; 1b7d00aa; 1b7d77ff; users @accounts");
    for (given, near) in [
        ("1b7d01aa", "1b7d00aa 1b7d77ff"),
        ("acounts", "accounts"),
        ("1b7d77fe", "1b7d77ff 1b7d00aa"),
        ("usres", "users"),
        ("20240109", "20240101 20240102"),
        ("zzz", ""),
    ] {
        match graph.find(given) {
            Err(Error::UnknownRevision { near: found, .. }) => {
                assert_eq!(found, words(near), "{given}");
            }
            other => panic!("{given}: {other:?}"),
        }
    }
    assert!(matches!(
        graph.find("1b7d"),
        Err(Error::AmbiguousRevision { candidates, .. }) if candidates == ["1b7d00aa", "1b7d77ff"]
    ));
}

#[test]
fn current_is_stable_and_knows_dependencies() {
    let graph = graph("o1 @other; o2<-o1; l1 dep(o2) @lib; l2<-l1");
    let all = applied(&graph, "l2");
    assert_eq!(names(graph.current(&all)), ["o2", "l2"], "CLI-025, BUG-017");
    assert_eq!(names(graph.current(&all)), names(graph.heads()), "BUG-014");
    assert_eq!(names(graph.tips_of(&all)), ["l2"], "BUG-014");
    assert_eq!(names(graph.dependents("o2")), ["l1"], "CLI-025: o2 is an effective head");
    assert!(graph.current(&applied(&graph, "o1")).len() == 1);
}

#[test]
fn spliced_in_below_what_is_applied() {
    let graph = graph("a; b<-a; c<-b; d<-c; x; y<-x dep(b)");
    let have = |list: &[&str]| -> Applied { list.iter().map(ToString::to_string).collect() };
    let late = |list: &[&str]| -> Vec<(String, String)> {
        let pairs = graph.out_of_order(&have(list)).into_iter();
        pairs.map(|(p, a)| (p.revision().to_owned(), a.revision().to_owned())).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(late(&["a", "c", "unknown"]), [pair("b", "c")], "BUG-006");
    assert_eq!(late(&["x", "y"]), [pair("a", "y"), pair("b", "y")], "BUG-006 by dependency");
    assert_eq!(late(&["a", "x"]), [], "BUG-006: another line is not late");
    assert_eq!(names(graph.current(&have(&["a", "c"]))), ["c"], "BUG-006");

    let down = |target: &str| {
        names(graph.downgrade(&have(&["a", "c"]), &target.parse().unwrap()).unwrap()).join(" ")
    };
    assert_eq!(down("-1"), "c", "BUG-006: back from what is applied");
    assert_eq!(down("-2"), "c a", "BUG-006: what was never applied does not count");
    let up = graph.upgrade(&have(&["a", "c"]), &["c".parse().unwrap()]).unwrap();
    assert_eq!(names(up), ["b"], "BUG-006: it can still be run");
}

#[test]
fn with_migrations_from_the_history() {
    let graph = graph("a @lib; b<-a");
    let extra = vec![
        Migration::new("c", "").parents(["b", "gone"]).depends_on(["gone"]).labels(["lib"]),
        Migration::new("d", "").parents(["c"]),
        Migration::new("e", ""),
    ];
    let more = graph.with(extra).unwrap();
    assert_eq!(names(more.iter()), ["a", "b", "c", "d", "e"]);
    assert_eq!(names(more.parents("c")), ["b"]);
    assert_eq!(names(more.bases()), ["a", "e"]);
    assert_eq!(more.labels_of("a"), ["lib"]);
    let down = more.downgrade(&applied(&more, "d"), &"b".parse().unwrap()).unwrap();
    assert_eq!(names(down), ["d", "c"]);
    assert!(matches!(graph.with(vec![Migration::new("a", "")]), Err(Error::Duplicate { .. })));
}
