//! The rules look at migrations, one after the other.

use super::{
    allow::{AllowComment, allows},
    baseline::Baseline,
    context::{Hit, LintContext, ReadStatement, Verdict, found},
    ddl::parse,
    evidence::judge,
    execution::Measurements,
    finding::{Finding, LintReport},
    known::KnownSchema,
    opened::OpenedStatements,
    rule::{LintDatabase, Rule, RuleScope, ServerVersion},
    rules,
};
use crate::{
    database::{Dialect, TransactionSupport},
    error::{Place, brief},
    graph::Graph,
    migration::{Checksum, Migration, Phase, Script},
    sql::{Item, SplitError, Syntax, split},
};

/// What the rules look at, and what they know.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct LintOptions {
    pub(crate) range: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) ignore_baseline: bool,
}

impl LintOptions {
    /// Creates options that look at every migration, each as if those before it were applied already.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at a range `FROM:TO` alone, both ends included, as one run: what it creates is not in use yet.
    pub fn range(mut self, range: impl Into<String>) -> Self {
        self.range = Some(range.into());
        self
    }

    /// Sets the server's version, such as `15.4` or `10.11-MariaDB`. Without it, the rules assume a version that is still supported.
    pub fn server_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Also shows the findings that the baseline silences.
    pub fn ignore_baseline(mut self) -> Self {
        self.ignore_baseline = true;
        self
    }
}

/// The migrations that are looked at.
#[derive(Debug, Clone)]
pub(crate) enum Chosen {
    /// Each of them in a run of its own.
    All,
    /// These, in one run.
    Run(Vec<String>),
}

impl Chosen {
    pub(crate) fn has(&self, revision: &str) -> bool {
        match self {
            Self::All => true,
            Self::Run(revisions) => revisions.iter().any(|chosen| chosen == revision),
        }
    }
}

/// The database and what else is the same for all migrations.
struct Linter<'a> {
    dialect: &'a dyn Dialect,
    database: LintDatabase,
    version: Option<ServerVersion>,
    /// What running the migrations has shown.
    measurements: Option<&'a Measurements>,
}

/// Lets every rule look.
pub(crate) fn lint(
    graph: &Graph,
    (dialect, url): (&dyn Dialect, &str),
    chosen: &Chosen,
    options: &LintOptions,
    (baseline, measurements): (&str, Option<&Measurements>),
) -> LintReport {
    let version = options.version.as_deref();
    let database = LintDatabase::of(dialect.name(), url, version);
    let version = version.and_then(ServerVersion::read);
    let linter = Linter { dialect, database, version, measurements };
    let mut known = KnownSchema::default();
    let mut report = LintReport::default();
    let mut baseline = Baseline::read(if options.ignore_baseline { "" } else { baseline });
    let mut has_begun = false;
    for migration in graph.iter() {
        if !chosen.has(migration.revision()) {
            linter.learn(migration, &mut known);
            continue;
        }
        if !has_begun || matches!(chosen, Chosen::All) {
            known.begin_run();
        }
        has_begun = true;
        report.migrations += 1;
        let mut findings = linter.look(migration, &mut known, &mut report);
        let found = findings.len();
        findings.retain(|finding| !baseline.has(finding));
        report.baselined += found - findings.len();
        report.findings.extend(findings);
    }
    // What is withdrawn is found again without a run.
    report.withdrawn.retain(|finding| !baseline.has(finding));
    report.stale_baseline = baseline.stale(|revision, code| {
        chosen.has(revision) && (measurements.is_some() || !is_seen_only(code))
    });
    if let Some(measurements) = measurements {
        report.executions.clone_from(&measurements.executions);
        report.notes.clone_from(&measurements.notes);
    }
    report
}

/// Whether a rule finds nothing in the text alone.
fn is_seen_only(code: &str) -> bool {
    super::rule(code).is_some_and(|rule| rule.scope == RuleScope::Execution)
}

/// The statements of a script; none of one that cannot be split.
pub(crate) fn read<'t>(
    script: &'t Script,
    syntax: &Syntax,
) -> Result<Vec<ReadStatement<'t>>, SplitError> {
    let items = split(script.text(), syntax)?;
    let statements = items.into_iter().filter_map(|item| match item {
        Item::Statement(statement) => Some(statement),
        Item::Run { .. } => None,
    });
    Ok(statements
        .map(|statement| ReadStatement { statement, ddl: parse(statement.text, syntax) })
        .collect())
}

impl Linter<'_> {
    /// Takes note of a migration that is not looked at.
    fn learn(&self, migration: &Migration, known: &mut KnownSchema) {
        let (script, syntax) = (migration.up_script(), self.dialect.syntax());
        let opened =
            OpenedStatements::of(script, &read(script, syntax).unwrap_or_default(), syntax);
        opened.statements.iter().for_each(|read| known.learn(&read.ddl));
    }

    fn look(
        &self,
        migration: &Migration,
        known: &mut KnownSchema,
        report: &mut LintReport,
    ) -> Vec<Finding> {
        let syntax = self.dialect.syntax();
        let up = match read(migration.up_script(), syntax) {
            Ok(up) => up,
            Err(error) => return self.unreadable(migration, migration.up_script(), &error),
        };
        let down = match migration.down_script().map(|down| (down, read(down, syntax))) {
            Some((_, Ok(down))) => down,
            Some((script, Err(error))) => return self.unreadable(migration, script, &error),
            None => Vec::new(),
        };
        let opened = OpenedStatements::of(migration.up_script(), &up, syntax);
        let transactional = self.is_transactional(migration, &up);
        let mut hits = self.hits(migration, (&opened.statements, &down), transactional, known);
        if let Some(measurements) = self.measurements {
            let run = (up.as_slice(), opened.runs.as_slice());
            judge(&mut hits, run, (migration.revision(), self.database), measurements);
        }
        let comments = allows(migration.up_script().text(), syntax, &up);
        let mut used = vec![Vec::new(); comments.len()];
        let mut findings = Vec::new();
        for (rule, hit) in hits {
            let at = hit.at.and_then(|at| opened.runs.get(at)).copied();
            let allowing = comments.iter().position(|comment| comment.allows(rule, at));
            let is_wrong = matches!(hit.verdict, Verdict::NotSeen(_));
            match allowing {
                Some(at) => {
                    used[at].push(rule.code);
                    report.allowed += usize::from(!is_wrong);
                }
                None if is_wrong => {
                    report.withdrawn.push(self.finding(migration, &opened.statements, rule, hit));
                }
                None => findings.push(self.finding(migration, &opened.statements, rule, hit)),
            }
        }
        self.judge_allows(migration, &comments, &used, &mut findings);
        if let Some(script) = migration.down_script() {
            findings.extend(self.allows_of_down_side(migration, script, &down));
        }
        findings.sort_by_key(|finding| (finding.place.line, finding.place.column));
        findings
    }

    /// What the rules say, the statements being followed one by one.
    fn hits(
        &self,
        migration: &Migration,
        (up, down): (&[ReadStatement<'_>], &[ReadStatement<'_>]),
        transactional: bool,
        known: &mut KnownSchema,
    ) -> Vec<(&'static Rule, Hit)> {
        let concerns = |scope: RuleScope| {
            // In phase contract, no older program is running that could break.
            let is_alone = migration.declared_phase() == Some(Phase::Contract);
            rules::all().filter(move |rule| {
                rule.scope == scope
                    && rule.databases.contains(&self.database)
                    && !(is_alone && rule.code.starts_with("COMPAT-"))
            })
        };
        let mut hits = Vec::new();
        for (at, read) in up.iter().enumerate() {
            let context = LintContext {
                database: self.database,
                dialect: self.dialect,
                version: self.version,
                migration,
                transactional,
                up,
                down,
                at,
                known: &*known,
            };
            for rule in concerns(RuleScope::Statement) {
                hits.extend((rule.check)(&context).into_iter().map(|hit| (rule, hit)));
            }
            known.apply(&read.ddl);
        }
        let context = LintContext {
            database: self.database,
            dialect: self.dialect,
            version: self.version,
            migration,
            transactional,
            up,
            down,
            at: 0,
            known,
        };
        for rule in concerns(RuleScope::Migration) {
            hits.extend((rule.check)(&context).into_iter().map(|hit| (rule, hit)));
        }
        hits
    }

    /// Whether the up side runs in one transaction: as a run decides it.
    fn is_transactional(&self, migration: &Migration, up: &[ReadStatement<'_>]) -> bool {
        let is_alone = |read: &ReadStatement<'_>| {
            matches!(self.dialect.work(&read.statement), TransactionSupport::Alone(_))
        };
        self.dialect.capabilities().transactional_ddl
            && migration.is_transactional()
            && (up.is_empty() || !up.iter().all(is_alone))
    }

    fn finding(
        &self,
        migration: &Migration,
        up: &[ReadStatement<'_>],
        rule: &'static Rule,
        hit: Hit,
    ) -> Finding {
        let statement = hit.at.and_then(|at| up.get(at)).map(|read| read.statement);
        let file = migration.up_script().file();
        let syntax = self.dialect.syntax();
        let fingerprint = match statement {
            None => "migration".to_owned(),
            Some(statement) => {
                let checksum = Checksum::of_tokens(statement.text, syntax).to_string();
                let (_, digits) = checksum.split_once(':').unwrap_or(("", &checksum));
                digits.chars().take(16).collect()
            }
        };
        Finding {
            code: rule.code,
            rule: rule.name,
            severity: rule.severity,
            revision: migration.revision().to_owned(),
            place: match statement {
                Some(statement) => Place::new(file, statement.line, statement.column),
                None => Place::file(file),
            },
            statement: statement.map(|statement| brief(statement.text)).unwrap_or_default(),
            message: hit.message,
            help: hit.help,
            measured: match hit.verdict {
                Verdict::NotRun => None,
                Verdict::Seen(seen) | Verdict::NotSeen(seen) => Some(seen),
            },
            fingerprint,
        }
    }

    fn unreadable(
        &self,
        migration: &Migration,
        script: &Script,
        error: &SplitError,
    ) -> Vec<Finding> {
        let rule = rules::unreadable();
        let help = "no rule has looked at this migration; `ambix upgrade` refuses it as well";
        let mut finding = self.finding(migration, &[], rule, found(&error.problem, help));
        finding.place = Place::new(script.file(), error.line, error.column);
        vec![finding]
    }

    /// An allow that is not understood, or that silences nothing.
    fn judge_allows(
        &self,
        migration: &Migration,
        comments: &[AllowComment],
        used: &[Vec<&'static str>],
        findings: &mut Vec<Finding>,
    ) {
        let mut say = |line: u32, rule: &'static Rule, message: String, help: &str| {
            let mut finding = self.finding(migration, &[], rule, found(message, help));
            finding.place = Place::new(migration.up_script().file(), line, 0);
            findings.push(finding);
        };
        for (comment, used) in comments.iter().zip(used) {
            if comment.codes.is_empty() || comment.reason.is_empty() {
                let message = "this allow has no reason, or names no rule";
                let help = "write -- ambix: allow LOCK-001 because ...";
                say(comment.line, rules::bad_allow(), message.to_owned(), help);
                continue;
            }
            for code in &comment.codes {
                if super::rule(code).is_none() {
                    let message = format!("there is no rule {code}");
                    say(comment.line, rules::bad_allow(), message, "`ambix rule` lists all rules");
                } else if self.measurements.is_none() && is_seen_only(code) {
                    // Only a run can tell.
                } else if !used.iter().any(|used| used.eq_ignore_ascii_case(code)) {
                    let message = format!("{code} finds nothing in this statement");
                    let help = "remove the code from the comment, so that it does not hide a later finding";
                    say(comment.line, rules::unused_allow(), message, help);
                }
            }
        }
    }
}

impl Linter<'_> {
    /// No rule looks at a down side alone, so that an allow in it silences nothing.
    fn allows_of_down_side(
        &self,
        migration: &Migration,
        script: &Script,
        down: &[ReadStatement<'_>],
    ) -> Vec<Finding> {
        let comments = allows(script.text(), self.dialect.syntax(), down);
        let finding = |comment: AllowComment| {
            let message = "an allow in a down side silences nothing: the rules look at the up side";
            let help = "remove it, or move it to the up file";
            let mut finding =
                self.finding(migration, &[], rules::unused_allow(), found(message, help));
            finding.place = Place::new(script.file(), comment.line, 0);
            finding
        };
        comments.into_iter().map(finding).collect()
    }
}

impl AllowComment {
    fn allows(&self, rule: &Rule, at: Option<usize>) -> bool {
        let is_here = match at {
            Some(at) => self.statement == Some(at),
            None => self.is_head,
        };
        is_here
            && !self.reason.is_empty()
            && self.codes.iter().any(|code| code.eq_ignore_ascii_case(rule.code))
    }
}
