//! Merges several manifests into one extension: the first scalar wins, lists are joined, overrides replace scalars.
//!
//! It never drops a value silently: a value that is ignored becomes a finding with its position.

use super::expect::{boolean, expect_list, expect_object};
use super::{Element, Extension, Target, WithPosition, listing, metadata};
use crate::document::{Node, Value};
use crate::finding::{Finding, Problem};
use crate::words::decimal;

/// One manifest of several.
#[derive(Debug, Clone)]
pub struct Partial {
    /// Its contents.
    pub document: Node,
    /// Whether its scalars replace those of others.
    pub is_override: bool,
}

/// Merges the manifests, in order.
pub fn merge(partials: &[Partial]) -> (Extension, Vec<Finding>) {
    let mut merger = Merger::default();
    for (origin, partial) in partials.iter().enumerate() {
        merger.origin = origin;
        merger.is_override = partial.is_override;
        let Some(members) = expect_object(&partial.document, "the manifest", &mut merger.findings)
        else {
            continue;
        };
        for (key, value) in members {
            merger.package_key(key, value);
            merger.service_key(key, value);
        }
    }
    merger.finish()
}

/// The merged extension so far, and the manifest that is being read.
#[derive(Default)]
struct Merger {
    extension: Extension,
    findings: Vec<Finding>,
    origin: usize,
    is_override: bool,
    screenshots: usize,
}

impl Merger {
    /// Reads a key for `extension.vsixmanifest`. Letter case does not count, as in `vsix-manifest-builder.ts`.
    fn package_key(&mut self, key: &str, value: &Node) {
        let name = key.to_lowercase();
        if value.value == Value::Null && !(self.is_override && is_scalar_key(&name)) {
            return;
        }
        match name.as_str() {
            "namespace" | "extensionid" | "id" => {
                self.scalar(key, value, None, |extension| &mut extension.id)
            }
            "version" => self.scalar(key, value, None, |extension| &mut extension.version),
            "publisher" => self.scalar(key, value, None, |extension| &mut extension.publisher),
            "name" => self.scalar(key, value, Some(Element::DisplayName), |extension| {
                &mut extension.name
            }),
            "description" => {
                self.scalar(key, value, Some(Element::Description), |extension| {
                    &mut extension.description
                });
            }
            "releasenotes" => {
                self.scalar(key, value, Some(Element::ReleaseNotes), |extension| {
                    &mut extension.release_notes
                });
            }
            "tags" => self.words(key, value, ',', Element::Tags, |extension| {
                &mut extension.tags
            }),
            "categories" => {
                self.words(key, value, ',', Element::Categories, |extension| {
                    &mut extension.categories
                });
                self.extension.categories_position = Some(value.position.clone());
            }
            "galleryflags" => {
                self.words(key, value, ' ', Element::GalleryFlags, |extension| {
                    &mut extension.gallery_flags
                });
                self.extension.gallery_flags_position = Some(value.position.clone());
            }
            "public" => self.public(value),
            "files" => {
                let files = listing::files(value, &mut self.findings);
                let files = self.of_this_manifest(files);
                self.extension.files.extend(files);
            }
            "icons" => {
                let icons = listing::icons(value, &mut self.findings);
                self.list(icons);
            }
            "screenshots" => {
                let screenshots = listing::screenshots(value, self.screenshots, &mut self.findings);
                self.screenshots += screenshots.len();
                self.list(screenshots);
            }
            "content" => {
                let content = listing::content(value, &mut self.findings);
                self.list(content);
            }
            "details" => {
                let details = listing::details(value, &mut self.findings);
                self.list(details.into_iter().collect());
            }
            "targets" => {
                let targets: Vec<Target> = metadata::targets(value, &mut self.findings);
                self.extension.has_targets = true;
                self.extension.targets.extend(targets);
            }
            "badges" => {
                let badges = metadata::badges(value, &mut self.findings);
                self.element(Element::Badges);
                self.extension.badges.extend(badges);
            }
            _ => self.property_key(&name, value),
        }
    }

    /// Reads a key that becomes gallery properties.
    fn property_key(&mut self, name: &str, value: &Node) {
        let findings = &mut self.findings;
        let properties = match name {
            "links" => metadata::links(value, findings),
            "repository" => metadata::repository(value, findings).into_iter().collect(),
            "branding" => metadata::branding(value, findings),
            "customerqnasupport" => metadata::customer_support(value, findings),
            "githubflavoredmarkdown" => metadata::switch(
                "gitHubFlavoredMarkdown",
                "GitHubFlavoredMarkdown",
                value,
                findings,
            )
            .into_iter()
            .collect(),
            "showpricingcalculator" => metadata::switch(
                "showPricingCalculator",
                "Content.Pricing.PriceCalculator",
                value,
                findings,
            )
            .into_iter()
            .collect(),
            "galleryproperties" => {
                metadata::gallery_properties(value, &self.extension.properties, findings)
            }
            _ => Vec::new(),
        };
        if !properties.is_empty() {
            self.element(Element::Properties);
            self.extension.properties.extend(properties);
        }
    }

    /// Reads a key for `extension.vsomanifest`; everything that does not belong to the package manifest is kept.
    fn service_key(&mut self, key: &str, value: &Node) {
        let name = key.to_lowercase();
        if value.value == Value::Null && !self.is_override {
            return;
        }
        match name.as_str() {
            "contributions" => self.append("contributions", value),
            "contributiontypes" => self.append("contributionTypes", value),
            "constraints" => self.append("constraints", value),
            "scopes" => {
                self.append("scopes", value);
                self.deduplicate("scopes");
            }
            "restrictedto" => {
                if expect_list(value, "restrictedTo", &mut self.findings).is_some() {
                    self.single("restrictedTo", value.clone(), true);
                }
            }
            "eventcallbacks" => {
                if expect_object(value, "eventCallbacks", &mut self.findings).is_some() {
                    self.single("eventCallbacks", value.clone(), false);
                }
            }
            "manifestversion" => self.single("manifestVersion", number(value), false),
            "baseuri" => self.single("baseUri", value.clone(), false),
            "branding"
            | "categories"
            | "content"
            | "description"
            | "details"
            | "extensionid"
            | "files"
            | "flags"
            | "galleryflags"
            | "galleryproperties"
            | "githubflavoredmarkdown"
            | "icons"
            | "id"
            | "links"
            | "name"
            | "namespace"
            | "public"
            | "publisher"
            | "releasenotes"
            | "screenshots"
            | "showpricingcalculator"
            | "tags"
            | "targets"
            | "version"
            | "vsoflags" => {}
            // Two underscores mark keys that tfx reserves; `_name.comment` is a note to translators.
            _ if key.starts_with("__") || is_comment(key) => {}
            _ => self.single(key, value.clone(), false),
        }
    }

    fn scalar(
        &mut self,
        key: &str,
        value: &Node,
        element: Option<Element>,
        field: fn(&mut Extension) -> &mut Option<WithPosition<String>>,
    ) {
        let text = match &value.value {
            Value::Text(text) => Some(text.clone()),
            Value::Null => None,
            _ => {
                self.findings
                    .push(Finding::wrong_type(value, key, "a string"));
                value.scalar()
            }
        };
        let existing = field(&mut self.extension);
        if let (Some(existing), false) = (&*existing, self.is_override) {
            let problem = Problem::SetTwice {
                key: key.to_owned(),
                value: existing.value.clone(),
                first: existing.position.clone(),
            };
            self.findings.push(value.position.finding(problem));
            return;
        }
        *existing = text.map(|text| WithPosition {
            value: text,
            position: value.position.clone(),
        });
        if let Some(element) = element {
            self.element(element);
        }
    }

    fn words(
        &mut self,
        key: &str,
        value: &Node,
        delimiter: char,
        element: Element,
        field: fn(&mut Extension) -> &mut Vec<String>,
    ) {
        let words: Vec<String> = match &value.value {
            Value::Text(text) => text
                .split(delimiter)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            Value::List(list) if list.iter().all(|word| word.scalar().is_some()) => {
                list.iter().filter_map(Node::scalar).collect()
            }
            _ => {
                self.findings.push(Finding::wrong_type(
                    value,
                    key,
                    "a string or an array of strings",
                ));
                return;
            }
        };
        let list = field(&mut self.extension);
        for word in words {
            if !list.contains(&word) {
                list.push(word);
            }
        }
        self.element(element);
    }

    fn public(&mut self, value: &Node) {
        let Some(public) = boolean(value, "public", &mut self.findings) else {
            return;
        };
        let flags = &mut self.extension.gallery_flags;
        flags.retain(|flag| public || flag != "Public");
        if public && !flags.iter().any(|flag| flag == "Public") {
            flags.push("Public".to_owned());
        }
        self.extension.gallery_flags_position = Some(value.position.clone());
        self.element(Element::GalleryFlags);
    }

    fn list(&mut self, files: Vec<listing::FileDeclaration>) {
        let files = self.of_this_manifest(files);
        self.extension.listed.extend(files);
    }

    fn of_this_manifest(
        &self,
        files: Vec<listing::FileDeclaration>,
    ) -> impl Iterator<Item = listing::FileDeclaration> + use<> {
        let origin = self.origin;
        let files = files.into_iter();
        files.map(move |file| listing::FileDeclaration { origin, ..file })
    }

    fn element(&mut self, element: Element) {
        if !self.extension.elements.contains(&element) {
            self.extension.elements.push(element);
        }
    }

    fn single(&mut self, key: &str, value: Node, twice_is_an_error: bool) {
        match existing(&mut self.extension.service, key) {
            None => self.extension.service.push((key.to_owned(), value)),
            Some((_, existing)) if self.is_override => *existing = value,
            Some((_, existing)) => {
                let (key, first) = (key.to_owned(), existing.position.clone());
                let problem = if twice_is_an_error {
                    Problem::OnlyOnce { key, first }
                } else {
                    Problem::SetTwice {
                        key,
                        value: summary(existing),
                        first,
                    }
                };
                self.findings.push(value.position.finding(problem));
            }
        }
    }

    fn append(&mut self, key: &str, value: &Node) {
        let Some(added) = expect_list(value, key, &mut self.findings) else {
            return;
        };
        let existing = existing(&mut self.extension.service, key);
        match existing.and_then(|(_, node)| node.list_mut()) {
            Some(list) => list.extend_from_slice(added),
            None => self.extension.service.push((key.to_owned(), value.clone())),
        }
    }

    fn deduplicate(&mut self, key: &str) {
        let existing = existing(&mut self.extension.service, key);
        if let Some(list) = existing.and_then(|(_, node)| node.list_mut()) {
            let mut seen: Vec<Value> = Vec::new();
            list.retain(|node| {
                let is_new = !seen.contains(&node.value);
                if is_new {
                    seen.push(node.value.clone());
                }
                is_new
            });
        }
    }

    /// Adds the keys that `extension.vsomanifest` always has.
    fn finish(mut self) -> (Extension, Vec<Finding>) {
        let position = crate::document::FilePosition::file("extension.vsomanifest");
        for key in ["contributions", "scopes", "contributionTypes"] {
            if self.extension.service_value(key).is_none() {
                let empty = Node::made(position.clone(), Value::List(Vec::new()));
                self.extension.service.push((key.to_owned(), empty));
            }
        }
        if !self
            .extension
            .service_value("manifestVersion")
            .is_some_and(Node::is_truthy)
        {
            self.extension
                .service
                .retain(|(key, _)| key != "manifestVersion");
            let one = Node::made(position, Value::Number("1".to_owned()));
            self.extension
                .service
                .push(("manifestVersion".to_owned(), one));
        }
        (self.extension, self.findings)
    }
}

/// Whether a key is a note to translators about another key.
pub(super) fn is_comment(key: &str) -> bool {
    key.starts_with('_') && key.ends_with(".comment")
}

/// Keys that an override can clear with `null`.
fn is_scalar_key(name: &str) -> bool {
    matches!(
        name,
        "namespace"
            | "extensionid"
            | "id"
            | "version"
            | "publisher"
            | "name"
            | "description"
            | "releasenotes"
    )
}

/// Reads `"1.0"` as a number, like `parseFloat`.
fn number(value: &Node) -> Node {
    match value.text().and_then(decimal) {
        Some(number) => Node {
            value: Value::Number(number.to_string()),
            ..value.clone()
        },
        _ => value.clone(),
    }
}

fn existing<'a>(service: &'a mut [(String, Node)], key: &str) -> Option<&'a mut (String, Node)> {
    service.iter_mut().find(|(name, _)| name == key)
}

fn summary(node: &Node) -> String {
    node.scalar().unwrap_or_else(|| node.kind().to_owned())
}
