//! `graph-traversal.md`: steps of upgrade, downgrade and stamp, and the rows after.

use super::notation::check;

const THREE_WAY: &str =
    "a1; b1<-a1; c1<-b1; a2; b2<-a2; c2<-b2; a3; b3<-a3; c3<-b3; d1<-c1+c2+c3; d2<-c2; d3<-c3";
const FROM_MERGE: &str = "a1; b1<-a1; c1<-b1; a2; b2<-a2; c2<-b2; d1<-c1+c2; d2<-c2";
const BRANCHED: &str = "a; b<-a; c1<-b @c1branch; d1<-c1; c2<-b @c2branch; d2<-c2";
const CROSSED: &str = "a; b<-a; c1<-b @c1branch; d1<-c1; c2<-b @c2branch; d2<-c2 dep(c1)";
const LINE: &str = "a; b<-a; c<-b; d<-c; e<-d";
const MERGED: &str = "a; b<-a; c1<-b; d1<-c1; c2<-b @c2branch; d2<-c2; e<-d1+d2; f<-e";
const DEP_ONE: &str =
    "a1 @lib1; b1<-a1; c1<-b1; a2; b2<-a2; c2<-b2 dep(c1); d1<-c1; e1<-d1; f1<-e1";
const DEP_TWO: &str = "a1; a2; a3; amerge<-a1+a2+a3; b1; b2; bmerge<-b1+b2; c1; c2; c3; \
                       cmerge<-c1+c2+c3; d1 dep(a3,b2,c1)";
const DEP_LABEL: &str = "a1 @lib1; b1<-a1; c1<-b1 @c1lib; a2; b2<-a2; c2<-b2 dep(c1lib); d1<-c1; \
                         e1<-d1; f1<-e1";

#[test]
fn merge_points() {
    check(
        THREE_WAY,
        &[
            ("TRV-001", "downgrade b1", "d3 d2 d1", "d1 c1", "d2 d3 b1"),
            ("TRV-002", "upgrade d1", "d3 d2 b1", "c1 d1", "d2 d3 d1"),
        ],
    );
    check(
        FROM_MERGE,
        &[
            ("TRV-004", "downgrade b1", "d2 d1", "d1 c1", "b1 d2"),
            ("TRV-005", "upgrade d1", "d2 b1", "c1 d1", "d1 d2"),
        ],
    );
    check(
        "a; b1<-a; b2<-a; b3<-a; c1<-b1+b2; c2<-b2+b3; d1<-c1; d2<-c2",
        &[
            ("TRV-058", "upgrade heads", "a", "b1 b2 b3 c1 c2 d1 d2", "d1 d2"),
            ("TRV-058 half way", "upgrade d2", "a", "b2 b3 c2 d2", "d2"),
        ],
    );
    check(
        "a; b1<-a; b2<-a; b3<-a; c1<-b1+b2+b3; c2<-b1+b2+b3; d1<-c1; d2<-c2",
        &[
            ("TRV-071", "upgrade heads", "a", "b1 b2 b3 c1 c2 d1 d2", "d1 d2"),
            ("TRV-071 half way", "upgrade d2", "a", "b1 b2 b3 c2 d2", "d2"),
        ],
    );
    check(
        MERGED,
        &[
            ("TRV-050", "downgrade b", "f", "f e d1 c1 d2 c2", "b"),
            ("TRV-050 one side", "downgrade c2", "f", "f e d2", "c2 d1"),
            ("CLI-020", "downgrade -1", "e", "!e merges several: d1, d2", ""),
            ("CLI-020", "downgrade -2", "f", "!e merges several: d1, d2", ""),
            ("CLI-020 with a line", "downgrade c2branch@-1", "e", "e", "d1 d2"),
            ("CLI-020 with a line", "downgrade c2branch@-3", "f", "f e d2", "c2 d1"),
        ],
    );
}

#[test]
fn branches() {
    check(
        BRANCHED,
        &[
            ("TRV-007", "downgrade -1", "", "!only 0 migrations", ""),
            ("TRV-008", "downgrade -1", "a", "a", ""),
            ("TRV-010", "downgrade c2", "d1 c2", "", "d1 c2"),
            ("TRV-010", "downgrade d1", "d1 c2", "", "d1 c2"),
            ("TRV-011", "downgrade -1", "d1 d2", "!the database is at 2 heads, d1, d2", ""),
            ("TRV-013", "downgrade c1branch@-1", "d1 d2", "d1", "d2 c1"),
            ("TRV-013 by revision", "downgrade d1@-1", "d1 d2", "d1", "d2 c1"),
            ("TRV-014", "downgrade -1", "d2 d1", "!`d1-1` or `<label>@-1`", ""),
            ("TRV-016", "downgrade d2-1", "c1 d2", "d2", "c2 c1"),
            ("TRV-017", "downgrade d2-1", "d2 c1", "d2", "c2 c1"),
            ("TRV-019", "downgrade c1branch@b", "c1 d2", "c1", "d2"),
            ("TRV-020", "downgrade c2branch@b", "c1 d2", "d2 c2", "c1"),
            ("TRV-022", "downgrade d1@b", "d1 d2", "d1 c1", "d2"),
            ("TRV-023", "downgrade base+2", "d2 d1", "d1 c1 d2 c2", "b"),
            ("TRV-025", "downgrade c2", "d2 d1", "d2", "d1 c2"),
            ("TRV-025", "downgrade c2branch@base+3", "d2 d1", "d2", "d1 c2"),
            ("TRV-026", "upgrade c2branch@head-1", "b", "c2", "c2"),
            ("TRV-031", "upgrade +1", "", "a", "a"),
            ("TRV-032", "upgrade d1 d2", "a", "b c2 d2 c1 d1", "d1 d2"),
            ("TRV-034", "upgrade c2branch@+1", "c1", "c2", "c2 c1"),
            ("TRV-035", "upgrade d1", "b", "c1 d1", "d1"),
            ("CLI-022", "upgrade c2branch@+2", "", "a b", "b"),
            ("CLI-022", "upgrade c2branch@+1", "b", "c2", "c2"),
            ("CLI-022", "upgrade +1", "b", "!several migrations follow b: c1, c2", ""),
            ("CLI-022", "upgrade +1", "c1 c2", "!the database is at 2 heads, c1, c2", ""),
            ("CLI-022", "downgrade c1branch@-1", "c2", "!only 0 migrations", ""),
            (
                "CLI-022",
                "downgrade c2branch@c1",
                "d1 c2",
                "!c1 is not a member of branch c2branch",
                "",
            ),
        ],
    );
    check(
        CROSSED,
        &[
            ("TRV-037", "downgrade c2branch@b", "d1 d2", "d2 c2", "d1"),
            ("TRV-037 other side", "downgrade c1branch@b", "d1 d2", "d1 c1 d2", "c2"),
        ],
    );
}

#[test]
fn dependencies() {
    check(DEP_LABEL, &[("TRV-038", "upgrade c2", "a2", "a1 b1 c1 b2 c2", "c2")]);
    check(
        "a1; b1 dep(a1); bmerge<-a1+b1",
        &[("DependsOnBranchTestFive", "downgrade b1", "bmerge", "bmerge", "b1")],
    );
    check(
        "a1; a2<-a1; a3<-a2; b1; b2<-b1 dep(a3); b3<-b2; b4<-b3 dep(a3)",
        &[
            ("TRV-040", "downgrade b3", "b4", "b4", "b3"),
            ("TRV-040 relative", "downgrade -1", "b4", "b4", "b3"),
            ("TRV-040 implied", "downgrade a3", "b4", "", "b4"),
            ("TRV-040 below", "downgrade a2", "b4", "b4 b3 b2 a3", "a2 b1"),
        ],
    );
    check(
        DEP_ONE,
        &[
            ("TRV-041", "downgrade c1", "c2 d1", "d1", "c2"),
            ("CLI-022", "upgrade lib1@head", "c2", "d1 e1 f1", "c2 f1"),
            ("CLI-022", "downgrade lib1@base", "c2 f1", "f1 e1 d1 c2 c1 b1 a1", "b2"),
            ("CLI-022", "downgrade lib1@-1", "c2", "c2 c1", "b1 b2"),
        ],
    );
    check(
        "a1; a2<-a1; b1; b2<-b1 dep(a2); b3<-b2; a3<-a2 dep(b1)",
        &[("TRV-043", "downgrade b1", "a3 b2", "b2", "a3")],
    );
    check(
        DEP_TWO,
        &[
            ("TRV-044", "downgrade b2", "amerge bmerge cmerge d1", "bmerge", "amerge b1 cmerge d1"),
            ("TRV-044", "downgrade d1@base", "amerge d1 b1 cmerge", "d1", "amerge b1 b2 cmerge"),
            (
                "TRV-044",
                "downgrade base",
                "amerge b1 b2 cmerge",
                "amerge a1 b1 b2 cmerge c1 a2 a3 c2 c3",
                "",
            ),
        ],
    );
    check("a1; a2<-a1 dep(a1)", &[("TRV-046", "downgrade a1", "a2", "a2", "a1")]);
    check(
        "y1 @y; x1 @x; y2<-y1 dep(x1); x2<-x1",
        &[
            ("REV-110", "downgrade x@-1", "y2", "y2 x1", "y1"),
            ("REV-112", "downgrade x@-1", "x1 y2", "y2 x1", "y1"),
            ("REV-110 up", "upgrade x@+1", "y2", "x2", "x2 y2"),
            ("REV-110 up", "upgrade +1", "y2", "!only 0 migrations are after y2", ""),
        ],
    );
}

#[test]
fn where_a_line_is() {
    check(
        "x0 @x; x1<-x0; x2<-x0; y dep(x1)",
        &[
            ("REV-112 what is needed is not meant", "downgrade x@-1", "x2 y", "x2", "y"),
            ("REV-110 all is needed", "downgrade x@-1", "y", "y x1", "x0"),
        ],
    );
}

#[test]
fn one_line() {
    check(
        LINE,
        &[
            ("TRV-059", "downgrade base", "", "", ""),
            ("TRV-061", "downgrade a", "a", "", "a"),
            ("TRV-062", "downgrade e", "e", "", "e"),
            ("TRV-062", "downgrade head", "e", "", "e"),
            ("TRV-064", "downgrade 548", "", "!can't locate revision 548", ""),
            ("TRV-064", "downgrade c", "", "!not a valid downgrade target: c is not applied", ""),
            (
                "CLI-014",
                "downgrade head",
                "b",
                "!not a valid downgrade target: e is not applied",
                "",
            ),
            ("TRV-065", "downgrade -5", "b", "!only 2 migrations are up to b", ""),
            ("TRV-065", "downgrade +2", "b", "!a downgrade goes down", ""),
            ("TRV-067", "downgrade -1", "c", "c", "b"),
            ("TRV-067", "downgrade -3", "e", "e d c", "b"),
            ("TRV-067", "downgrade a+2", "d", "d", "c"),
            ("TRV-067", "downgrade c-2", "d", "d c b", "a"),
            ("TRV-067", "downgrade c-3", "d", "d c b a", ""),
            ("TRV-067", "downgrade c-4", "d", "!only 3 migrations are up to c", ""),
            ("TRV-068", "upgrade +2", "a", "b c", "c"),
            ("TRV-068", "upgrade +1", "a", "b", "b"),
            ("TRV-068", "upgrade +3", "b", "c d e", "e"),
            ("TRV-068", "upgrade b+2", "a", "b c d", "d"),
            ("TRV-068", "upgrade d-2", "a", "b", "b"),
            ("TRV-070", "upgrade e", "c", "d e", "e"),
            ("TRV-070", "upgrade c", "", "a b c", "c"),
            ("CLI-002", "upgrade head", "e", "", "e"),
            ("CLI-002", "upgrade b", "e", "", "e"),
            ("CLI-004", "upgrade -1", "c", "!an upgrade goes up", ""),
            ("CLI-005", "upgrade head-1", "a", "b c d", "d"),
            ("CLI-005", "upgrade base", "a", "", "a"),
            ("CLI-005", "upgrade current+1", "a", "b", "b"),
            ("CLI-008", "upgrade nosuch", "a", "!can't locate revision nosuch", ""),
            ("CLI-008", "upgrade c,d", "a", "!c and d are on one line", ""),
            ("CLI-013", "downgrade -1", "", "!only 0 migrations", ""),
            (
                "BUG-011",
                "upgrade c+3",
                "a",
                "!relative revision +3: only 2 migrations are after c",
                "",
            ),
            (
                "BUG-011",
                "upgrade +5",
                "c",
                "!relative revision +5: only 2 migrations are after c",
                "",
            ),
            ("BUG-011", "upgrade head+1", "a", "!relative revision +1: only 0 migrations", ""),
            ("BUG-011", "upgrade base-1", "a", "!only 0 migrations", ""),
            ("BUG-012", "upgrade a:b:c", "a", "!it is a range", ""),
        ],
    );
    check(
        "",
        &[
            ("empty", "upgrade head", "", "", ""),
            ("empty", "upgrade heads", "", "", ""),
            ("empty", "downgrade base", "", "", ""),
            ("empty", "upgrade +1", "", "!only 0 migrations are there", ""),
            ("empty", "stamp heads", "", "", ""),
            ("empty", "range :", "", "", ""),
        ],
    );
}

#[test]
fn stamps() {
    check(
        BRANCHED,
        &[
            ("TRV-028", "stamp c1branch@base", "d1 c2", "c1 d1", "c2"),
            ("TRV-028 alone", "stamp c1branch@base", "d1", "a b c1 d1", ""),
            ("TRV-029", "stamp c2branch@head", "d1 c2", "d2", "d1 d2"),
            ("BUG-040", "stamp c1 d1", "d2", "!c1 and d1 are on one line", ""),
            ("BUG-040", "stamp c1 heads", "d2", "!c1 and d1 are on one line", ""),
            ("CLI-032", "stamp c1 c2", "d1 d2", "d1 d2", "c1 c2"),
            ("CLI-032", "stamp head", "b", "!means one head, but there are 2", ""),
            ("CLI-032", "stamp heads", "b", "c1 c2 d1 d2", "d1 d2"),
            ("CLI-032", "stamp c1branch@base c1", "d1 d2", "!another target is on this line", ""),
            ("CLI-032", "stamp c1branch@-1", "d1 d2", "d1", "c1 d2"),
        ],
    );
    check(
        "a1; b1<-a1; a2; b2<-a2",
        &[
            ("TRV-047", "upgrade heads", "", "a2 b2 a1 b1", "b1 b2"),
            ("TRV-049", "stamp heads", "b1 b2", "", "b1 b2"),
        ],
    );
    check(
        MERGED,
        &[
            ("TRV-052", "stamp a", "e", "b c1 c2 d1 d2 e", "a"),
            ("TRV-053", "stamp c2branch@head", "d1 c2", "d2 e f", "f"),
            ("TRV-055", "stamp e", "c2", "c1 d1 d2 e", "e"),
            ("TRV-056", "stamp e", "b", "c1 c2 d1 d2 e", "e"),
            ("CLI-032", "stamp base", "f", "a b c1 c2 d1 d2 e f", ""),
        ],
    );
    check(
        CROSSED,
        &[
            ("BUG-015 what depends goes", "stamp c1branch@base", "d1 d2", "c1 d1 d2", "c2"),
            ("BUG-015 what is needed stays", "stamp c2branch@base", "d1 d2", "c2 d2", "d1"),
        ],
    );
    check(
        "o1 @other; o2<-o1; o3<-o2; l1 dep(o2) @lib; l2<-l1",
        &[
            ("BUG-015", "stamp lib@base", "l2", "l1 l2", "o2"),
            ("BUG-015", "stamp lib@base", "l2 o3", "l1 l2", "o3"),
            ("BUG-015", "stamp other@base", "l2 o3", "l1 l2 o1 o2 o3", ""),
            ("BUG-015", "stamp l1", "o1", "o2 l1", "l1"),
            ("BUG-015", "stamp heads", "", "o1 o2 o3 l1 l2", "l2 o3"),
        ],
    );
}
