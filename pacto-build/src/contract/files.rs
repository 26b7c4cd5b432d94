//! The files of the bundle that a contract names: whether they are there, and are what they should be.

use super::codes;
use super::diagnostic::Findings;
use super::node::Node;
use super::yaml;
use crate::rel_path::RelPath;

/// How the bundle's files are looked at; paths are relative to the bundle, with `/`.
pub(crate) trait Files {
    /// What is at `path`.
    fn state(&self, path: &str) -> FileState;
    /// The content of a file; `None` if it cannot be read.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
    /// What the contract is read for.
    fn purpose(&self) -> Purpose;
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    Missing,
    File,
    Other,
}

/// What a contract is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To generate from: a file may be missing, as the run may be what creates it.
    Generate,
    /// To say everything that is wrong.
    Validate,
}

/// A place in the contract that names a file.
#[derive(Debug)]
pub(super) struct Reference<'a> {
    kind: Kind,
    text: &'a str,
    node: &'a Node,
    path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Of an interface before 2.0.
    Contract,
    /// Of an interface since.
    Spec,
    Configuration,
    Policy,
}

/// Every place that names a bundle file, in whichever dialect.
pub(super) fn references(root: &Node) -> Vec<Reference<'_>> {
    let mut references = Vec::new();
    for (index, interface) in root.list_at("interfaces").iter().enumerate() {
        let path = format!("interfaces[{index}]");
        references.extend(reference(Kind::Contract, interface, "contract", &path));
        references.extend(reference(Kind::Spec, interface, "ref", &path));
    }
    for (single, plural, kind) in [
        ("configuration", "configurations", Kind::Configuration),
        ("policy", "policies", Kind::Policy),
    ] {
        if let Some(owner) = root.get(single) {
            references.extend(reference(kind, owner, "schema", single));
            for (index, config) in owner.list_at("configs").iter().enumerate() {
                references.extend(reference(
                    kind,
                    config,
                    "schema",
                    &format!("{single}.configs[{index}]"),
                ));
            }
        }
        for (index, owner) in root.list_at(plural).iter().enumerate() {
            references.extend(reference(
                kind,
                owner,
                "schema",
                &format!("{plural}[{index}]"),
            ));
        }
    }
    references
}

fn reference<'a>(kind: Kind, owner: &'a Node, key: &str, path: &str) -> Option<Reference<'a>> {
    let (text, node) = owner.text_at(key).filter(|(text, _)| !text.is_empty())?;
    Some(Reference {
        kind,
        text,
        node,
        path: format!("{path}.{key}"),
    })
}

impl Reference<'_> {
    /// The file's plain path in the bundle; `None` if it leaves the bundle, or is the bundle's folder.
    pub(super) fn file(&self) -> Option<String> {
        self.plain().filter(|path| RelPath::new(path).is_ok())
    }

    /// The path without what says nothing in it; `None` if it leaves the bundle.
    fn plain(&self) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        if self.text.starts_with('/') {
            return None;
        }
        for part in self.text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }
}

/// Reports what is wrong with the files that the contract names.
pub(super) fn check(root: &Node, files: &dyn Files, findings: &mut Findings<'_>) {
    for reference in references(root) {
        let Some(file) = reference.file() else {
            if reference.plain().is_some_and(|path| path.is_empty()) {
                not_a_file(&reference, findings);
                continue;
            }
            let message = format!("`{}` is not in the bundle", reference.text);
            let help = "name a file below the contract's folder, with `/`";
            findings.error_with_help(
                codes::PATH_ESCAPES_BUNDLE,
                &reference.path,
                reference.node.span,
                message,
                help,
            );
            continue;
        };
        if file != reference.text {
            let message = format!(
                "`{}` is not written plainly, and other readers do not find it",
                reference.text
            );
            let help = format!("write `{file}`");
            findings.warning(
                codes::PATH_NOT_PLAIN,
                &reference.path,
                reference.node.span,
                message,
                help,
            );
        }
        match files.state(&file) {
            FileState::File => check_content(&reference, &file, files, findings),
            FileState::Missing => missing(&reference, &file, files.purpose(), findings),
            FileState::Other => not_a_file(&reference, findings),
        }
    }
}

fn not_a_file(reference: &Reference<'_>, findings: &mut Findings<'_>) {
    let message = format!("`{}` is no file", reference.text);
    findings.error(
        codes::FILE_NOT_A_FILE,
        &reference.path,
        reference.node.span,
        message,
    );
}

fn missing(reference: &Reference<'_>, file: &str, purpose: Purpose, findings: &mut Findings<'_>) {
    let message = format!("`{file}` is not in the bundle");
    let (path, span) = (&reference.path, reference.node.span);
    match purpose {
        Purpose::Generate => findings.warning(
            codes::FILE_NOT_FOUND,
            path,
            span,
            message,
            "create it, or generate it",
        ),
        Purpose::Validate => findings.error_with_help(
            codes::FILE_NOT_FOUND,
            path,
            span,
            message,
            "create it, or generate it",
        ),
    }
}

fn check_content(
    reference: &Reference<'_>,
    file: &str,
    files: &dyn Files,
    findings: &mut Findings<'_>,
) {
    let is_yaml = file.ends_with(".yaml") || file.ends_with(".yml");
    let is_json = file.ends_with(".json");
    let (code, language) = match reference.kind {
        Kind::Configuration => (codes::INVALID_CONFIG_JSON, Language::Json),
        Kind::Policy => (codes::INVALID_POLICY_JSON, Language::Json),
        // Whole specifications are read only where somebody asks for everything: they can be large.
        _ if files.purpose() == Purpose::Generate => return,
        Kind::Contract if is_yaml => (codes::INVALID_CONTRACT_FILE, Language::Yaml),
        Kind::Spec if is_yaml => (codes::INVALID_INTERFACE_SPEC, Language::Yaml),
        Kind::Spec if is_json => (codes::INVALID_INTERFACE_SPEC, Language::Json),
        Kind::Contract | Kind::Spec => return,
    };
    let Some(bytes) = files.read(file) else {
        findings.error(
            code,
            &reference.path,
            reference.node.span,
            format!("`{file}` cannot be read"),
        );
        return;
    };
    if let Some(fault) = language.fault(&bytes) {
        let message = format!("`{file}` is not {}: {fault}", language.name());
        findings.error(code, &reference.path, reference.node.span, message);
    }
}

#[derive(Debug, Clone, Copy)]
enum Language {
    Json,
    Yaml,
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
        }
    }

    fn fault(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Json => serde_json::from_slice::<serde_json::Value>(bytes)
                .err()
                .map(|error| error.to_string()),
            Self::Yaml => match str::from_utf8(bytes) {
                Ok(text) => yaml::fault(text),
                Err(error) => Some(error.to_string()),
            },
        }
    }
}
