//! The bodies of stored programs, where compound statements nest.
//!
//! IF, CASE, LOOP, WHILE, REPEAT and FOR open a block only where a statement begins; elsewhere they are functions,
//! expressions or parts of other clauses. So the one thing to follow is where statements begin. END closes a block
//! there, too, for every statement before it ended with a semicolon; elsewhere it ends a CASE expression, the
//! condition of a REPEAT, or it is a name.

use super::lexer::{Token, TokenKind};

/// Follows a stored program from the word that says what it is, or a compound statement outside of one.
pub(super) struct Routine {
    /// The part before the body, until that is reached.
    header: Option<Header>,
    blocks: Vec<(Block, usize)>,
    /// A statement begins with the next token.
    at_statement: bool,
    /// Variables are declared before the BEGIN of the body, with semicolons.
    declares: bool,
    /// What the current statement is about.
    clause: Clause,
    previous: Previous,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Begin,
    Package,
    If,
    Case,
    CaseExpression,
    /// WHILE, FOR, and LOOP itself.
    Loop,
    Repeat,
}

/// Clauses in which a word means something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Other,
    Declare,
    /// The conditions of a handler, which its statement follows.
    Handler,
    /// The condition that ends a REPEAT.
    Until,
    /// A label between angle brackets.
    Label,
}

/// What the previous token was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Previous {
    Other,
    /// Any word behind it is a name: a dot, AS.
    Dot,
    /// The END of a block, behind which the word says of which.
    End,
    /// The first word of a statement, which may be a label.
    First,
    /// FOR or a comma in the conditions of a handler: a condition follows.
    Condition,
}

impl Routine {
    /// A `BEGIN NOT ATOMIC` outside of a stored program, behind the NOT.
    pub(super) fn block(start: usize) -> Self {
        Self::with(None, vec![(Block::Begin, start)])
    }

    /// Whether a statement that begins like this is a compound one outside of a stored program.
    pub(super) fn begins_compound(token: &Token<'_>) -> bool {
        token.is_any_word(&["IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR", "DECLARE"])
    }

    /// A compound statement outside of a stored program.
    pub(super) fn compound(first: &Token<'_>) -> Self {
        let mut routine = Self::with(None, Vec::new());
        routine.at_statement = true;
        routine.token(first);
        routine
    }

    /// A stored program, if this is the word that says so.
    pub(super) fn created(token: &Token<'_>) -> Option<Self> {
        let kind = Kind::of(token);
        let package = token.is_word("PACKAGE").then_some((Block::Package, token.start));
        (kind.is_some() || package.is_some())
            .then(|| Self::with(kind.map(Header::new), Vec::from_iter(package)))
    }

    fn with(header: Option<Header>, blocks: Vec<(Block, usize)>) -> Self {
        Self {
            header,
            blocks,
            at_statement: false,
            declares: false,
            clause: Clause::Other,
            previous: Previous::Other,
        }
    }

    /// The outermost block that is open, as the word that opened it, and its place.
    pub(super) fn open(&self) -> Option<(&'static str, usize)> {
        let (block, start) = self.blocks.first()?;
        let word = match block {
            Block::Begin => "BEGIN",
            Block::Package => "PACKAGE",
            Block::If => "IF",
            Block::Case | Block::CaseExpression => "CASE",
            Block::Loop => "loop",
            Block::Repeat => "REPEAT",
        };
        Some((word, *start))
    }

    /// Whether the semicolon that comes now ends the whole.
    pub(super) fn ends(&mut self) -> bool {
        self.header = None;
        self.clause = Clause::Other;
        self.previous = Previous::Other;
        while self.top() == Some(Block::CaseExpression) {
            self.blocks.pop();
        }
        self.at_statement = true;
        self.blocks.is_empty() && !self.declares
    }

    pub(super) fn token(&mut self, token: &Token<'_>) {
        if let Some(header) = &mut self.header {
            match header.token(token) {
                Reached::Nothing => return,
                Reached::BehindThis => {
                    self.header = None;
                    self.at_statement = true;
                    return;
                }
                Reached::Expression => {
                    self.header = None;
                    return;
                }
                Reached::Statement => self.at_statement = true,
                Reached::Declarations => {
                    self.declares = true;
                    self.at_statement = true;
                }
            }
        }
        self.body(token);
    }

    fn top(&self) -> Option<Block> {
        self.blocks.last().map(|(block, _)| *block)
    }

    fn body(&mut self, token: &Token<'_>) {
        let entered = self.header.take().is_some();
        let previous = std::mem::replace(&mut self.previous, Previous::Other);
        let handler_runs = self.clause == Clause::Handler && is_behind_conditions(token, previous);
        if handler_runs {
            self.clause = Clause::Other;
        }
        let first = std::mem::take(&mut self.at_statement) || handler_runs;
        match token.kind {
            TokenKind::Word if previous == Previous::Dot => {}
            TokenKind::Word => {
                if first {
                    self.previous = Previous::First;
                }
                self.word(token, first, entered, previous);
            }
            TokenKind::QuotedName if first => self.previous = Previous::First,
            TokenKind::Symbol => self.symbol(token, first, previous),
            _ => {}
        }
    }

    fn symbol(&mut self, token: &Token<'_>, first: bool, previous: Previous) {
        match token.text {
            "." => self.previous = Previous::Dot,
            "," => self.previous = Previous::Condition,
            ":" if previous == Previous::First => self.at_statement = true,
            "<<" if first => self.clause = Clause::Label,
            ">>" if self.clause == Clause::Label => {
                self.clause = Clause::Other;
                self.at_statement = true;
            }
            _ => {}
        }
    }

    fn word(&mut self, token: &Token<'_>, first: bool, entered: bool, previous: Previous) {
        let word = token.text.to_ascii_uppercase();
        match word.as_str() {
            "END" => self.end(first, previous),
            "BEGIN" if first => {
                // A package may begin its own statements with a BEGIN that has no END of its own.
                if self.top() != Some(Block::Package) || entered || self.declares {
                    self.blocks.push((Block::Begin, token.start));
                    self.declares = false;
                }
                self.at_statement = true;
            }
            "IF" if first => self.blocks.push((Block::If, token.start)),
            "CASE" if first => self.blocks.push((Block::Case, token.start)),
            "CASE" if previous != Previous::End => {
                self.blocks.push((Block::CaseExpression, token.start))
            }
            "WHILE" | "FOR" if first => self.blocks.push((Block::Loop, token.start)),
            "LOOP" if first => {
                self.blocks.push((Block::Loop, token.start));
                self.at_statement = true;
            }
            "REPEAT" if first => {
                self.blocks.push((Block::Repeat, token.start));
                self.at_statement = true;
            }
            "DO" | "LOOP" if !first && previous != Previous::End => {
                self.at_statement = self.top() == Some(Block::Loop)
            }
            "THEN" | "ELSE" => self.at_statement = self.top() != Some(Block::CaseExpression),
            "UNTIL" if first && self.top() == Some(Block::Repeat) => self.clause = Clause::Until,
            "DECLARE" if first && self.blocks.is_empty() => {
                (self.declares, self.at_statement) = (true, true)
            }
            "DECLARE" if first => self.clause = Clause::Declare,
            "HANDLER" if self.clause == Clause::Declare => self.clause = Clause::Handler,
            "FOR" if self.clause == Clause::Handler => self.previous = Previous::Condition,
            "AS" if self.top() != Some(Block::Package) => self.previous = Previous::Dot,
            "PROCEDURE" | "FUNCTION"
                if self.top() == Some(Block::Package) && previous != Previous::End =>
            {
                self.header = Kind::of(token).map(Header::new);
            }
            _ => {}
        }
    }

    fn end(&mut self, first: bool, previous: Previous) {
        let (closes, expression) = match self.top() {
            None => (false, false),
            Some(Block::CaseExpression) => (previous != Previous::Dot, true),
            Some(Block::Repeat) => (first || self.clause == Clause::Until, false),
            Some(_) => (first, false),
        };
        if closes {
            self.blocks.pop();
            self.previous = if expression { Previous::Other } else { Previous::End };
        }
    }
}

/// Whether the statement of a handler begins here: with a word that is no condition.
fn is_behind_conditions(token: &Token<'_>, previous: Previous) -> bool {
    const CONDITIONS: [&str; 8] =
        ["FOR", "SQLSTATE", "VALUE", "NOT", "FOUND", "SQLWARNING", "SQLEXCEPTION", "OTHERS"];
    token.kind == TokenKind::Word
        && previous != Previous::Condition
        && !token.is_any_word(&CONDITIONS)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Procedure,
    Function,
    Trigger,
    Event,
}

impl Kind {
    fn of(token: &Token<'_>) -> Option<Self> {
        let kinds = [
            ("PROCEDURE", Self::Procedure),
            ("FUNCTION", Self::Function),
            ("TRIGGER", Self::Trigger),
            ("EVENT", Self::Event),
        ];
        kinds.into_iter().find(|(word, _)| token.is_word(word)).map(|(_, kind)| kind)
    }
}

/// What a stored program is called and has for parameters, until its body begins.
struct Header {
    kind: Kind,
    part: Part,
    parentheses: usize,
    /// The previous token makes the next one a name.
    names_next: bool,
    /// The previous token was CHARACTER, which makes a SET a part of a type.
    character: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Before the name.
    Name,
    /// Behind the name.
    Signature,
    /// Behind the RETURN of a function: an expression is the whole body, or a type is a part of the header.
    Returned,
    /// Behind an AS or IS that may introduce the body.
    Introduced,
    /// Behind the EACH of a trigger.
    Each,
    /// Behind FOR EACH ROW.
    Row,
}

/// What the header has come to.
enum Reached {
    Nothing,
    /// The token is in the middle of a body that is one statement.
    Expression,
    /// A statement begins with the token.
    Statement,
    /// A statement begins behind the token.
    BehindThis,
    /// The declarations or the BEGIN of the body begin with the token.
    Declarations,
}

/// Words that begin a statement without a body of its own.
const SIMPLE: [&str; 46] = [
    "ALTER",
    "ANALYZE",
    "CALL",
    "CHECK",
    "CLOSE",
    "COMMIT",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DO",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "FLUSH",
    "GET",
    "GRANT",
    "HANDLER",
    "INSERT",
    "INSTALL",
    "KILL",
    "LOAD",
    "LOCK",
    "OPEN",
    "OPTIMIZE",
    "PREPARE",
    "RELEASE",
    "RENAME",
    "REPAIR",
    "REPLACE",
    "RESET",
    "RESIGNAL",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "SIGNAL",
    "START",
    "TABLE",
    "TRUNCATE",
    "UPDATE",
    "VALUES",
    "WITH",
    "XA",
];

impl Header {
    fn new(kind: Kind) -> Self {
        Self { kind, part: Part::Name, parentheses: 0, names_next: false, character: false }
    }

    fn token(&mut self, token: &Token<'_>) -> Reached {
        let names = std::mem::take(&mut self.names_next);
        match token.text {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            "." => self.names_next = true,
            _ if self.parentheses > 0 || names => {}
            _ if self.part == Part::Name => self.name(token),
            _ if std::mem::take(&mut self.character) && token.is_word("SET") => {}
            _ => return self.signature(token),
        }
        Reached::Nothing
    }

    fn name(&mut self, token: &Token<'_>) {
        if !token.is_any_word(&["IF", "NOT", "EXISTS"]) {
            self.part = Part::Signature;
        }
    }

    fn signature(&mut self, token: &Token<'_>) -> Reached {
        match (self.kind, self.part) {
            (Kind::Event, _) if token.is_word("DO") => return Reached::BehindThis,
            (Kind::Event, _) => {}
            (Kind::Trigger, Part::Row) if token.is_any_word(&["FOLLOWS", "PRECEDES"]) => {
                self.names_next = true
            }
            (Kind::Trigger, Part::Row) => return Reached::Statement,
            (Kind::Trigger, Part::Each) if token.is_word("ROW") => self.part = Part::Row,
            (Kind::Trigger, _) if token.is_word("EACH") => self.part = Part::Each,
            (Kind::Trigger, _) => {}
            (_, Part::Introduced)
                if token.is_any_word(&["NULL", "NOT", "TRUE", "FALSE", "UNKNOWN"]) =>
            {
                self.part = Part::Returned;
            }
            (_, Part::Introduced) => return Reached::Declarations,
            _ if token.is_any_word(&["AS", "IS"]) => self.part = Part::Introduced,
            (_, Part::Returned) => {}
            _ if token.is_word("RETURN") => self.part = Part::Returned,
            _ if token.is_word("BEGIN") || Routine::begins_compound(token) => {
                return Reached::Statement;
            }
            _ if token.is_any_word(&["CHARACTER", "CHAR"]) => self.character = true,
            _ if token.is_any_word(&SIMPLE) => return Reached::Expression,
            _ => {}
        }
        Reached::Nothing
    }
}
