//! `graph-lookup.md`: what lies between two revisions, as a range, an upgrade or a downgrade.

use super::{
    lookup::{CROSS_ONE, CROSS_TWO, LABELLED, NORMALIZED, TRAVELLING},
    notation::{check, check_ranges},
};

const BASES: &str = "base1; base2; base3; a1a<-base1; a1b<-base1; a2<-base2; a3<-base3; b1a<-a1a; b1b<-a1b; b2<-a2; \
     b3<-a3; c2<-b2; d2<-c2; mergeb3d2<-b3+d2";
const BRANCHES: &str = "a; b1<-a; b2<-a; cb1<-b1; cb2<-b2; d1cb1<-cb1; d2cb1<-cb1; d1cb2<-cb2; d2cb2<-cb2; \
     d3cb2<-cb2; d1d2cb2<-d1cb2+d2cb2";
const RULES: &str = "r1; r2<-r1; r3<-r2; r4<-r3; r5<-r4";

#[test]
fn ranges() {
    check_ranges(
        TRAVELLING,
        &[
            ("REV-014", ":db1,b2,fe1b1", "", "!overlap"),
            ("REV-016", "base:fe1b1", "", "fe1b1 e1b1 db1 cb1 b1 a3 a2 a1"),
            (
                "REV-017",
                "a3:merge,fe1b1",
                "",
                "fe1b1 e1b1 merge e2b1 db1 cb1 b1 e2b2 db2 cb2 b2 a3",
            ),
            // Exclusive there: the lower ends are not included.
            ("REV-019", "cb1,cb2:merge,fe1b1", "", "fe1b1 e1b1 merge e2b1 db1 e2b2 db2 cb1 cb2"),
            ("REV-020", ":e2b1 b2 fe1b1", "", "b2 fe1b1 e1b1 e2b1 db1 cb1 b1 a3 a2 a1"),
            ("REV-022", "a2:merge", "", "merge e2b1 db1 cb1 b1 e2b2 db2 cb2 b2 a3 a2"),
            ("REV-023", "b1:merge", "", "merge e2b1 db1 cb1 b1"),
        ],
    );
    check_ranges("a; b1<-a; b2<-a; c<-b1+b2; d<-c", &[("REV-026", "a:d", "", "d c b1 b2 a")]);
    check_ranges("user_foo; user dep(user_foo)", &[("REV-046", ":heads", "", "user user_foo")]);
    check_ranges(
        LABELLED,
        &[
            ("REV-053", "ebranch@-2:heads", "", "f someothername e"),
            ("REV-061", "ebranch@base:heads", "", "f someothername e d"),
            ("REV-061", "abranch@base:heads", "", "c somelongername b a"),
            ("REV-062", "e@base:heads", "", "f someothername e d"),
            ("REV-062", "c@base:heads", "", "c somelongername b a"),
            ("REV-064", "ebranch@head:heads", "", "f"),
            (
                "REV-061 of another line",
                "ebranch@base:c",
                "",
                "!revision c is not a member of branch ebranch",
            ),
            ("REV-065", "ebranch@d:heads", "", "f someothername e d"),
        ],
    );
    check_ranges(
        "a; b1<-a; b2<-a; c1<-b1; d11<-c1; d12<-c1",
        &[("REV-076", "base:heads", "", "b2 d11 d12 c1 b1 a")],
    );
    check_ranges(
        BRANCHES,
        &[
            ("REV-113", "b1:d2cb2", "", "!b1 does not come before d2cb2"),
            ("REV-115", "base:d3cb2,cb1", "", "cb1 b1 d3cb2 cb2 b2 a"),
            ("REV-116", "a:d2cb2,d3cb2", "", "d2cb2 d3cb2 cb2 b2 a"),
            ("REV-118", "a:d3cb2", "", "d3cb2 cb2 b2 a"),
            ("REV-119", "base:d3cb2", "", "d3cb2 cb2 b2 a"),
            ("REV-121", "d1cb1:base", "", "!d1cb1 does not come before base"),
            ("REV-122", "d1cb1:current", "", "!d1cb1 does not come before base"),
        ],
    );
}

#[test]
fn ranges_with_dependencies() {
    check_ranges(
        CROSS_ONE,
        &[
            ("REV-077", "d2:b3", "", "!d2 does not come before b3"),
            ("REV-080", "d2:b2", "", "!d2 does not come before b2"),
            ("REV-082", "b_2@base:heads", "", "d2 c2 b2 a2 base2 a3 base3"),
            ("REV-086", "base:b1b@head", "", "b1b a1b base1 a3 base3"),
            ("REV-088", "base:b_2@head", "", "d2 c2 b2 a2 base2 a3 base3"),
        ],
    );
    check_ranges(
        "base1; a1<-base1; b1<-a1; c2 dep(a1); c3<-c2",
        &[
            ("REV-092", "base:heads", "", "b1 c3 c2 a1 base1"),
            ("REV-092 across", "a1:c3", "", "a1 c2 c3"),
        ],
    );
    check_ranges(
        CROSS_TWO,
        &[
            ("REV-094", "b_1@base:heads", "", "c1 b1 a1 base1"),
            ("REV-095", "b_2@base:heads", "", "d2 c2 b2 a2 base2 base1"),
            ("REV-097", "base:b_1@head", "", "c1 b1 a1 base1"),
            ("REV-098", "base:b_2@head", "", "d2 c2 b2 a2 base2 base1"),
        ],
    );
    check_ranges(
        BASES,
        &[
            ("REV-101", "a2,b2:c2", "", "!overlap"),
            (
                "REV-103, REV-104",
                ":",
                "",
                "b1a a1a b1b a1b base1 mergeb3d2 b3 a3 base3 d2 c2 b2 a2 base2",
            ),
        ],
    );
}

#[test]
fn selections_that_are_upgrades_and_downgrades_here() {
    check(
        CROSS_ONE,
        &[
            (
                "REV-079",
                "downgrade base",
                "b1a b1b d2 b3",
                "b1a a1a b1b a1b base1 d2 c2 b2 a2 base2 b3 a3 base3",
                "",
            ),
            (
                "REV-083",
                "downgrade b_3@base",
                "b1a b1b d2 b3",
                "b1b d2 c2 b3 a3 base3",
                "a1b b1a b2",
            ),
            ("REV-085", "downgrade b1b@base", "b1b", "b1b a1b base1", "a3"),
            ("REV-089", "downgrade b_3@base", "b3", "b3 a3 base3", ""),
        ],
    );
    check(
        BASES,
        &[
            (
                "REV-106, REV-107",
                "upgrade heads",
                "c2",
                "b1a a1a b1b a1b base1 mergeb3d2 b3 a3 base3 d2",
                "b1a b1b mergeb3d2",
            ),
            ("REV-109", "upgrade b3 b2", "base3", "b2 a2 base2 b3 a3", "b2 b3"),
        ],
    );
    check(
        NORMALIZED,
        &[
            // Inclusive there: b1 and a2 are downgraded, too.
            ("REV-124", "downgrade b1@base", "b4", "b4 b3 b2 b1", "a3"),
            ("REV-127", "downgrade a1", "b5", "b5 b4 b3 b2 a3 a2", "a1 b1"),
            ("REV-130", "upgrade b5", "b1", "b5 b4 b3 b2 a3 a2 a1", "b5"),
        ],
    );
}

#[test]
fn ranges_of_the_history() {
    check_ranges(
        "a; b<-a; c<-a dep(b); d<-b dep(c)",
        &[
            ("BUG-013 two heads", "-1:heads", "", "a b c d"),
            ("BUG-013 two heads", "-1:c", "", "a b c"),
        ],
    );
    check_ranges(
        RULES,
        &[
            ("CLI-028", "r2:r4", "", "r2 r3 r4"),
            ("CLI-028", "r2:", "", "r2 r3 r4 r5"),
            ("CLI-028", ":r2", "", "r1 r2"),
            ("CLI-028", "current:", "r3", "r3 r4 r5"),
            ("CLI-028", ":current", "r3", "r1 r2 r3"),
            ("CLI-028", ":current", "", ""),
            ("CLI-028", "current:", "", "r1 r2 r3 r4 r5"),
            ("CLI-028", "current:+1", "r3", "r3 r4"),
            ("CLI-028", "r2", "", "!a range is `from:to`"),
            ("CLI-028", "r4:r2", "", "!r4 does not come before r2"),
            ("BUG-012", "r1:r2:r3", "", "!a range is `from:to`"),
            ("BUG-013", "-1:current", "r3", "r2 r3"),
            ("BUG-013", "-2:r4", "r3", "r2 r3 r4"),
            ("BUG-013", "-1:+1", "r3", "r2 r3 r4"),
            ("BUG-013", "current-1:heads", "r3", "r2 r3 r4 r5"),
            ("BUG-013", "-2:", "r1", "r3 r4 r5"),
            ("BUG-013 too far", "-9:current", "r3", "r1 r2 r3"),
            ("BUG-013 too far", "current:+9", "r3", "r3 r4 r5"),
            ("BUG-013 nothing applied", "-1:current", "", ""),
        ],
    );
}
