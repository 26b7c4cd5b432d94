//! Every code of a finding: what it means, a contract that has it, and the same mended.

use std::fmt;

/// What is known of a code.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) code: &'static str,
    pub(crate) severity: &'static str,
    /// In one sentence.
    pub(crate) meaning: &'static str,
    /// A contract with this one finding and the same without it, as Markdown with indented blocks.
    example: &'static str,
}

/// The code of this name, in whichever case it is written.
pub(crate) fn find(code: &str) -> Option<&'static Code> {
    CODES
        .iter()
        .find(|known| known.code.eq_ignore_ascii_case(code))
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            severity,
            meaning,
            example,
        } = self;
        write!(
            f,
            "{code} ({severity})\n\n{meaning}\n\n{}",
            example.trim_end()
        )
    }
}

/// Each row with its example, the file `codes/<CODE>.md`.
macro_rules! codes {
    ($($severity:ident $code:ident $meaning:literal)*) => {
        &[$(Code {
            code: stringify!($code),
            severity: stringify!($severity),
            meaning: $meaning,
            example: include_str!(concat!("codes/", stringify!($code), ".md")),
        }),*]
    };
}

/// All codes, in the order of the rules.
pub(crate) const CODES: &[Code] = codes! {
    error   SCHEMA_VIOLATION
        "A key is missing or unknown, or a value is not of the type or form that its key takes."
    error   UNSUPPORTED_PACTO_VERSION
        "`pactoVersion` is a format that this version does not know."
    error   MIXED_DIALECTS
        "Two keys of different dialects say the same, and readers would differ in which one counts."

    error   YAML_PARSE_ERROR
        "The file is not YAML, or nests deeper than any contract."
    error   DUPLICATE_KEY
        "A mapping has a key twice, and readers would differ in which one counts."
    error   KEY_NOT_TEXT
        "A key is a number, a boolean or no scalar; JSON, which plugins are given, has only text for keys."
    error   INVALID_MERGE
        "`<<` merges something that is not a mapping."
    error   MULTIPLE_DOCUMENTS
        "The file has a second YAML document; a contract is one."
    error   NOT_A_NUMBER
        "A value is infinite or not a number; JSON, which plugins are given, cannot say that."
    error   AMBIGUOUS_NUMBER
        "A number begins with a zero: octal to some readers, decimal to others."
    error   TOO_LARGE
        "The contract has more values than any that people write, once its aliases are followed, or more findings than anybody reads."

    error   INVALID_SEMVER
        "`service.version` is no semantic version: one to three numbers, a pre-release and build metadata."
    error   INVALID_IMAGE_REF
        "`service.image.ref` is no reference: a registry, a repository, and a tag or digest."
    error   INVALID_CHART_REF
        "`service.chart.ref` begins with `oci://`, and what follows is no reference."
    error   INVALID_CHART_VERSION
        "`service.chart.version` is no semantic version."

    error   DUPLICATE_INTERFACE_NAME
        "Two interfaces have the same name."
    error   PORT_REQUIRED
        "An http or grpc interface has no port."
    warning PORT_IGNORED
        "An event interface has a port, which means nothing."
    error   CONTRACT_REQUIRED
        "A grpc or event interface names no file that describes it."
    error   NETWORK_INTERFACE_NOT_FOUND
        "`runtime.network.defaultInterface` is the name of no interface."

    error   HEALTH_INTERFACE_NOT_FOUND
        "`runtime.health.interface` is the name of no interface."
    error   HEALTH_INTERFACE_INVALID
        "`runtime.health.interface` is an event interface, which answers no requests."
    error   HEALTH_PATH_REQUIRED
        "`runtime.health` asks an http interface, and does not say at which path."
    warning HEALTH_PATH_IGNORED
        "`runtime.health` asks a grpc interface, where a path means nothing."
    error   METRICS_INTERFACE_NOT_FOUND
        "`runtime.metrics.interface` is the name of no interface."
    error   METRICS_INTERFACE_INVALID
        "`runtime.metrics.interface` is an event interface, which answers no requests."
    error   METRICS_PATH_REQUIRED
        "`runtime.metrics` asks an http interface, and does not say at which path."
    warning METRICS_PATH_IGNORED
        "`runtime.metrics` asks a grpc interface, where a path means nothing."

    error   DUPLICATE_DEPENDENCY_NAME
        "Two dependencies have the same name."
    error   INVALID_OCI_REF
        "A dependency's `ref` begins with `oci://`, and what follows is no reference."
    warning MISSING_OCI_SCHEME
        "A dependency's `ref` looks like a registry's but is read as a local path, for want of `oci://`."
    warning TAG_NOT_DIGEST
        "A dependency is pinned by a tag, which can be moved; a digest cannot."
    error   EMPTY_COMPATIBILITY
        "A dependency's `compatibility` is empty; any version is `*`."
    error   INVALID_COMPATIBILITY
        "A dependency's `compatibility` is no range of versions."

    error   DUPLICATE_CONFIGURATION_NAME
        "Two configurations have the same name."
    error   VALUES_WITHOUT_SCHEMA
        "A configuration has `values` and no `schema` that they could follow."
    error   INVALID_CONFIG_REF
        "A configuration's `ref` begins with `oci://`, and what follows is no reference."
    error   DUPLICATE_POLICY_NAME
        "Two policies have the same name."
    error   INVALID_POLICY_REF
        "A policy's `ref` begins with `oci://`, and what follows is no reference."

    error   SCALING_MIN_EXCEEDS_MAX
        "`scaling.min` is greater than `scaling.max`."
    error   JOB_SCALING_NOT_ALLOWED
        "A job, which runs once, has `scaling`."
    error   STATELESS_PERSISTENT_CONFLICT
        "A stateless service says that it keeps persistent state."
    warning UPGRADE_STRATEGY_STATE_MISMATCH
        "A stateless service is upgraded in order, which only state makes necessary."

    error   DUPLICATE_READINESS_ID
        "Two readiness checks have the same id."
    error   EMPTY_READINESS_EVIDENCE
        "A readiness check's `evidence` is blank."
    error   EMPTY_READINESS_DESCRIPTION
        "A readiness check's `description` is blank."
    error   INVALID_READINESS_EXPIRES
        "Readiness expires on what is no day of the calendar, written as in `2026-03-31`."
    error   INVALID_READINESS_REVISION
        "A revision of the readiness has a date that is none, or a blank text."

    error   CAPABILITY_REF_REQUIRED
        "A capability of type extension does not say which one."
    error   CAPABILITY_REF_INVALID
        "An extension's `ref` is not a domain and a name, as in `example.com/tracing`."
    error   CAPABILITY_INTERFACE_UNKNOWN
        "A capability is bound to the name of no interface."
    error   CAPABILITY_PATH_INVALID
        "A capability is bound to more than a path of the application, or to one that begins with `//`."
    error   DUPLICATE_CAPABILITY
        "A capability is there twice."

    error   FILE_NOT_FOUND
        "A file that the contract names is not in the bundle; a warning where files are generated, as the run may create it."
    error   FILE_NOT_A_FILE
        "What the contract names as a file is a folder, or something else that cannot be read."
    warning PATH_NOT_PLAIN
        "A path has parts that change nothing, such as `./`; this reader takes it, others do not find the file."
    error   PATH_ESCAPES_BUNDLE
        "A path names nothing below the bundle's folder."
    error   INVALID_CONFIG_JSON
        "A configuration's schema is not JSON."
    error   INVALID_POLICY_JSON
        "A policy's schema is not JSON."
    error   INVALID_CONTRACT_FILE
        "The file that describes an interface ends in `.yaml` or `.yml` and is not YAML."
    error   INVALID_INTERFACE_SPEC
        "The specification of a 2.0 interface is not the YAML or JSON that its ending promises."
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use pacto_build::driver;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn every_example_has_its_finding_alone_and_mended_none() {
        for code in CODES {
            let [fails, mended] = examples(code);
            assert_eq!(
                fails.findings(),
                [format!("{} {}", code.severity, code.code)],
                "{code}"
            );
            assert_eq!(mended.findings(), Vec::<String>::new(), "{code}");
        }
    }

    #[test]
    fn the_table_has_the_codes_of_the_library_in_their_order() {
        let library = include_str!("../../pacto-build/src/contract/codes.rs");
        let of_library: Vec<&str> = library
            .lines()
            .filter_map(|line| line.split_once("&str = \"")?.1.strip_suffix("\";"))
            .collect();
        let of_table: Vec<&str> = CODES.iter().map(|code| code.code).collect();
        assert_eq!(of_table, of_library);
    }

    #[test]
    fn every_example_belongs_to_a_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/codes");
        let files = fs::read_dir(folder).expect("the examples are there");
        let files: BTreeSet<String> = files
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .collect();
        let codes = CODES.iter().map(|code| format!("{}.md", code.code));
        assert_eq!(files, codes.collect());
    }

    /// `SNAPSHOTS=overwrite` writes it anew.
    #[test]
    fn the_document_is_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CODES.md");
        let document = snapbox::Data::read_from(&path, None);
        snapbox::assert_data_eq!(page(), document.raw());
    }

    /// A contract of an example, and the files that are not as in every bundle.
    #[derive(Debug, Default)]
    struct Bundle {
        contract: String,
        files: Vec<(&'static str, String)>,
    }

    /// What `code`'s example fails with, and what it is mended to.
    fn examples(code: &Code) -> [Bundle; 2] {
        let mut bundles: Vec<Bundle> = Vec::new();
        for line in code.example.lines() {
            if matches!(line, "Fails:" | "Mended:") {
                bundles.push(Bundle::default());
                continue;
            }
            let bundle = bundles.last_mut().expect("an example begins with `Fails:`");
            let file = line
                .strip_prefix("with `")
                .and_then(|rest| rest.strip_suffix("`:"));
            if let Some(file) = file {
                bundle.files.push((file, String::new()));
            } else if let Some(line) = line.strip_prefix("    ") {
                let last = bundle.files.last_mut().map(|(_, content)| content);
                let text = last.unwrap_or(&mut bundle.contract);
                text.push_str(line);
                text.push('\n');
            } else {
                assert_eq!(line, "", "{}", code.code);
            }
        }
        bundles.try_into().expect("it fails, and is mended")
    }

    impl Bundle {
        /// The severity and code of all that `cargo pacto validate` would say.
        fn findings(&self) -> Vec<String> {
            let dir = TempDir::new().expect("there is a temporary folder");
            let usual = [
                ("interfaces/openapi.yaml", "openapi: 3.1.0\n"),
                ("interfaces/svc.proto", "syntax = \"proto3\";\n"),
                ("configuration/schema.json", "{}\n"),
                ("policy/schema.json", "{}\n"),
                ("pacto.yaml", self.contract.as_str()),
            ];
            let own = self
                .files
                .iter()
                .map(|(path, content)| (*path, content.as_str()));
            for (path, content) in usual.into_iter().chain(own) {
                let path = dir.path().join(path);
                let parent = path.parent().expect("it is in the folder");
                fs::create_dir_all(parent).expect("the folder is ours");
                fs::write(path, content).expect("the folder is ours");
            }
            let findings = driver::findings(dir.path()).expect("the contract is there");
            let findings = findings.iter();
            findings
                .map(|finding| format!("{} {}", finding.severity, finding.code))
                .collect()
        }
    }

    /// The table as a page.
    fn page() -> String {
        let mut page = String::from(
            "# Codes of findings\n\n\
             What `cargo pacto validate` and build scripts say of a contract. A code does not change between versions.\n\
             `cargo pacto validate --explain CODE` prints what stands here of one.\n\n\
             | code | severity | meaning |\n| --- | --- | --- |\n",
        );
        for Code {
            code,
            severity,
            meaning,
            ..
        } in CODES
        {
            let anchor = code.to_lowercase();
            page.push_str(&format!(
                "| [{code}](#{anchor}) | {severity} | {meaning} |\n"
            ));
        }
        for Code {
            code,
            severity,
            meaning,
            example,
        } in CODES
        {
            page.push_str(&format!(
                "\n## {code}\n\n({severity}) {meaning}\n\n{example}"
            ));
        }
        page
    }
}
