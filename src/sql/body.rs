//! Bodies: the statements in which a semicolon does not end the statement.
//!
//! [`RoutineBody`] follows one statement from its first token and answers, at each semicolon, whether it ends there.

use super::Bodies;
use super::lexer::{Token, TokenKind};
use super::routine::Routine;

/// Follows one statement.
pub(super) struct RoutineBody {
    bodies: Bodies,
    state: State,
    /// How many parentheses are open, and where the first of them is.
    parentheses: usize,
    parenthesis: usize,
}

/// Something that has no end when the script has one.
pub(super) struct Open {
    pub(super) start: usize,
    pub(super) problem: String,
}

enum State {
    /// Before the first token.
    Start,
    /// A statement that began with BEGIN, and may be a compound one.
    Begin(usize),
    /// Behind CREATE or ALTER, before it is clear what is created or altered.
    Head(RoutineHead),
    /// There is no body.
    Plain,
    Atomic(Atomic),
    Trigger(Trigger),
    Routine(Box<Routine>),
}

impl RoutineBody {
    pub(super) fn new(bodies: Bodies) -> Self {
        Self { bodies, state: State::Start, parentheses: 0, parenthesis: 0 }
    }

    /// Takes the next token of the statement: no comment, and no semicolon that [`RoutineBody::ends`] is asked about.
    pub(super) fn token(&mut self, token: &Token<'_>) {
        if is_executable_comment(token) {
            return;
        }
        if self.bodies == Bodies::Atomic {
            self.count_parentheses(token);
        }
        match &mut self.state {
            State::Plain => {}
            State::Start => self.state = self.first(token),
            State::Begin(start) if token.is_word("NOT") => {
                self.state = State::Routine(Box::new(Routine::block(*start)));
            }
            State::Begin(_) => self.state = State::Plain,
            State::Head(head) => {
                if !head.takes(self.bodies, token) {
                    self.state = head.state(self.bodies, token);
                }
            }
            State::Atomic(atomic) if self.parentheses == 0 => atomic.token(token),
            State::Atomic(_) => {}
            State::Trigger(trigger) => trigger.token(token),
            State::Routine(routine) => routine.token(token),
        }
    }

    /// Whether the statement ends at the semicolon that comes now. If it does not, the semicolon is a part of it.
    pub(super) fn ends(&mut self) -> bool {
        if self.parentheses > 0 {
            return false;
        }
        match &mut self.state {
            State::Atomic(atomic) => atomic.ends(),
            State::Trigger(trigger) => trigger.ends(),
            State::Routine(routine) => routine.ends(),
            _ => true,
        }
    }

    /// What is still open; asked where the script ends.
    pub(super) fn open(&self) -> Option<Open> {
        if self.parentheses > 0 {
            let problem = "this parenthesis is never closed".to_owned();
            return Some(Open { start: self.parenthesis, problem });
        }
        let (word, start) = match &self.state {
            State::Atomic(atomic) => ("BEGIN", atomic.begin?),
            State::Trigger(trigger) => ("BEGIN", trigger.open()?),
            State::Routine(routine) => routine.open()?,
            _ => return None,
        };
        let problem = format!("this {word} has no END");
        Some(Open { start, problem })
    }

    fn first(&self, token: &Token<'_>) -> State {
        let routines = self.bodies == Bodies::Routines;
        if token.is_word("CREATE") {
            State::Head(RoutineHead { alters: false, definer: false })
        } else if routines && token.is_word("ALTER") {
            State::Head(RoutineHead { alters: true, definer: false })
        } else if routines && token.is_word("BEGIN") {
            State::Begin(token.start)
        } else if routines && Routine::begins_compound(token) {
            State::Routine(Box::new(Routine::compound(token)))
        } else {
            State::Plain
        }
    }

    fn count_parentheses(&mut self, token: &Token<'_>) {
        match token.text {
            "(" => {
                if self.parentheses == 0 {
                    self.parenthesis = token.start;
                }
                self.parentheses += 1;
            }
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
    }
}

/// Whether the token is a comment that some servers take for code. Bodies are found as if it were not there: a
/// version of the server that does not read it must agree on where the statement ends.
fn is_executable_comment(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Symbol && token.text.starts_with("/*")
}

/// The beginning of a statement up to the word that says what it creates or alters.
struct RoutineHead {
    alters: bool,
    /// The definer is being named.
    definer: bool,
}

impl RoutineHead {
    /// Whether the token is a part of this, and not yet the word that says it.
    fn takes(&mut self, bodies: Bodies, token: &Token<'_>) -> bool {
        const KINDS: [&str; 9] = [
            "PROCEDURE",
            "FUNCTION",
            "TRIGGER",
            "EVENT",
            "PACKAGE",
            "VIEW",
            "SQL",
            "TABLE",
            "SEQUENCE",
        ];
        match bodies {
            Bodies::Atomic => token.is_any_word(&["OR", "REPLACE"]),
            Bodies::Triggers => token.is_any_word(&["TEMP", "TEMPORARY"]),
            // The definer is a user or a role, which have no one form: all that does not end it belongs to it.
            Bodies::Routines if self.definer => !token.is_any_word(&KINDS),
            Bodies::Routines => {
                self.definer = token.is_word("DEFINER");
                self.definer || token.is_any_word(&["OR", "REPLACE", "AGGREGATE"])
            }
        }
    }

    /// What follows the word.
    fn state(&self, bodies: Bodies, token: &Token<'_>) -> State {
        match bodies {
            Bodies::Atomic if token.is_any_word(&["FUNCTION", "PROCEDURE"]) => {
                State::Atomic(Atomic::default())
            }
            Bodies::Triggers if token.is_word("TRIGGER") => State::Trigger(Trigger::default()),
            // Nothing else can get a new body by being altered.
            Bodies::Routines if self.alters && !token.is_word("EVENT") => State::Plain,
            Bodies::Routines => match Routine::created(token) {
                Some(routine) => State::Routine(Box::new(routine)),
                None => State::Plain,
            },
            _ => State::Plain,
        }
    }
}

/// A function that may have a body `BEGIN ATOMIC ... END`. Every statement in it ends with a semicolon, so the END
/// of the body is the one that stands where a statement would begin; any other ends a CASE, or is a name.
#[derive(Default)]
struct Atomic {
    /// Where the body that is open begins.
    begin: Option<usize>,
    previous: Previous,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Previous {
    #[default]
    Other,
    /// BEGIN, which ATOMIC may follow, and its place.
    Begin(usize),
    /// A statement begins here.
    Boundary,
}

impl Atomic {
    /// Takes a token outside of parentheses.
    fn token(&mut self, token: &Token<'_>) {
        match std::mem::take(&mut self.previous) {
            Previous::Boundary if token.is_word("END") => self.begin = None,
            Previous::Begin(start) if token.is_word("ATOMIC") => {
                self.begin = Some(start);
                self.previous = Previous::Boundary;
            }
            _ if self.begin.is_none() && token.is_word("BEGIN") => {
                self.previous = Previous::Begin(token.start);
            }
            _ => {}
        }
    }

    fn ends(&mut self) -> bool {
        self.previous = Previous::Boundary;
        self.begin.is_none()
    }
}

/// A trigger, which ends with `; END`: no statement in it begins with END.
#[derive(Default)]
struct Trigger {
    begin: Option<usize>,
    recent: Recent,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Recent {
    #[default]
    Other,
    Semicolon,
    End,
}

impl Trigger {
    fn token(&mut self, token: &Token<'_>) {
        let recent = std::mem::take(&mut self.recent);
        if self.begin.is_none() && token.is_word("BEGIN") {
            self.begin = Some(token.start);
        } else if recent == Recent::Semicolon && token.is_word("END") {
            self.recent = Recent::End;
        }
    }

    fn ends(&mut self) -> bool {
        let ends = self.begin.is_none() || self.recent == Recent::End;
        self.recent = Recent::Semicolon;
        ends
    }

    fn open(&self) -> Option<usize> {
        self.begin.filter(|_| self.recent != Recent::End)
    }
}
