//! The findings as other programs read them.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    error::Place,
    lint::{Finding, LintReport, Severity, rule},
};

/// The path of a finding's file, with slashes everywhere.
fn path(place: &Place, folder: &Path) -> String {
    folder.join(&place.file).display().to_string().replace('\\', "/")
}

/// What is wrong, with what was seen.
fn message(finding: &Finding) -> String {
    match &finding.measured {
        Some(measured) => format!("{} (measured: {measured})", finding.message),
        None => finding.message.clone(),
    }
}

/// A line that GitHub Actions shows beside the statement.
pub(super) fn github(finding: &Finding, folder: &Path) -> String {
    let Finding { code, place, help, .. } = finding;
    let message = message(finding);
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let text = command_text(&format!("{message}\n{help}"));
    let property = |text: &str| command_text(text).replace(':', "%3A").replace(',', "%2C");
    let (file, line) = (property(&path(place, folder)), place.line.max(1));
    format!(
        "::{level} file={file},line={line},col={},title={}::{text}",
        place.column.max(1),
        property(code)
    )
}

/// What ends a command of GitHub Actions, escaped.
fn command_text(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A log of the Static Analysis Results Interchange Format.
pub(super) fn sarif(report: &LintReport, folder: &Path) -> Value {
    let mut codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .filter_map(|code| rule(code))
        .map(|rule| {
            json!({
                "id": rule.code,
                "name": rule.name,
                "shortDescription": { "text": rule.name },
                "fullDescription": { "text": rule.problem },
                "help": { "text": rule.instead },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let result = |finding: &Finding| {
        json!({
            "ruleId": finding.code,
            "level": level(finding.severity),
            "message": { "text": format!("{}\n{}", message(finding), finding.help) },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": path(&finding.place, folder) },
                "region": { "startLine": finding.place.line.max(1), "startColumn": finding.place.column.max(1) },
            }}],
        })
    };
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "ambix", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A test suite in which each finding is a test that failed.
pub(super) fn junit(report: &LintReport, folder: &Path) -> String {
    let (findings, failures) = (&report.findings, report.findings.len());
    let tests = failures.max(1);
    let mut lines = vec![
        r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned(),
        format!(r#"<testsuite name="ambix lint" tests="{tests}" failures="{failures}">"#),
    ];
    if findings.is_empty() {
        lines.push(r#"  <testcase classname="ambix lint" name="no findings"/>"#.to_owned());
    }
    for finding in findings {
        let Finding { code, place, help, severity, .. } = finding;
        let place = xml(&format!("{}:{}", path(place, folder), place.line));
        lines.push(format!(r#"  <testcase classname="{place}" name="{code}">"#));
        lines.push(format!(
            r#"    <failure type="{severity}" message="{}">{}</failure>"#,
            xml(&message(finding)),
            xml(help)
        ));
        lines.push("  </testcase>".to_owned());
    }
    lines.push("</testsuite>".to_owned());
    lines.join("\n")
}

/// A text with what has a meaning in XML escaped, and without what XML cannot hold.
fn xml(text: &str) -> String {
    let text: String =
        text.chars().filter(|sign| !sign.is_control() || matches!(sign, '\n' | '\t')).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
