//! XML of Maven and NuGet: without a document type, with or without a namespace.
//!
//! It knows no client's format.

use roxmltree::{Document, Node, ParsingOptions};

/// Parses a document; `None` if it is not well-formed.
pub(crate) fn parse(text: &str) -> Option<Document<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: 1 << 20,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).ok()
}

/// Looks elements up by name in any namespace, because POMs may or may not have one.
pub(crate) trait OfAnyNamespace {
    fn has_tag_name_of(&self, name: &str) -> bool;

    /// The text of a child, trimmed; `None` if it is empty.
    fn text_of(&self, child: &str) -> Option<String>;
}

impl OfAnyNamespace for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }

    fn text_of(&self, child: &str) -> Option<String> {
        let mut children = self.children();
        let child = children.find(|node| node.has_tag_name_of(child))?;
        let text = child.text()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}
