//! What `-p` and `--exclude` name packages by, as Cargo reads it.

use cargo_metadata::Package;
use pacto_build::driver;

/// `orders`, `ord*`, `orders@1.0`, or the place of a package: `file:///services/orders#orders@1.0`.
#[derive(Debug)]
pub(crate) struct Spec<'a> {
    text: &'a str,
    /// May be a pattern.
    name: &'a str,
    /// May lack its last numbers.
    version: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> Spec<'a> {
    pub(crate) fn all(texts: &'a [String]) -> Vec<Self> {
        texts.iter().map(|text| Self::new(text)).collect()
    }

    fn new(text: &'a str) -> Self {
        if !text.contains("://") {
            let (name, version) = name_and_version(text);
            return Self {
                text,
                name,
                version,
                url: None,
            };
        }
        let (url, fragment) = match text.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (text, None),
        };
        // Where only a version is given, or nothing, the folder has the package's name.
        let folder = url.rsplit('/').next().unwrap_or(url);
        let (name, version) = match fragment {
            Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => {
                (folder, Some(version))
            }
            Some(fragment) => name_and_version(fragment),
            None => (folder, None),
        };
        Self {
            text,
            name,
            version,
            url: Some(without_kind(url)),
        }
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    pub(crate) fn fits(&self, package: &Package) -> bool {
        driver::fits_pattern(self.name, &package.name)
            && self
                .version
                .is_none_or(|version| fits_version(version, package))
            && self.url.is_none_or(|url| url == url_of(package))
    }

    /// "; did you mean `x`?", where one of `members` is called nearly so.
    pub(crate) fn suggestion(&self, members: &[&Package]) -> String {
        let has_name = |member: &&Package| driver::fits_pattern(self.name, &member.name);
        // Then it is the rest of the specification that is wrong.
        if members.iter().any(has_name) {
            return String::new();
        }
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        driver::suggestion(self.name, &names)
    }
}

fn name_and_version(text: &str) -> (&str, Option<&str>) {
    match text.split_once(['@', ':']) {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    }
}

/// `1` and `1.0` stand for every 1.0.x, but for none before its release.
fn fits_version(wanted: &str, package: &Package) -> bool {
    let version = package.version.to_string();
    let is_begun = || version.starts_with(&format!("{wanted}."));
    version == wanted || (package.version.pre.is_empty() && is_begun())
}

fn url_of(package: &Package) -> &str {
    let id = package.id.repr.as_str();
    without_kind(id.split('#').next().unwrap_or(id))
}

/// Without the `path+` that Cargo prints and does not insist on.
fn without_kind(url: &str) -> &str {
    url.strip_prefix("path+").unwrap_or(url)
}
