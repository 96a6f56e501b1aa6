//! `extension.vsixmanifest` and its language packs, which the Marketplace reads.
//!
//! It makes no decisions; order and spelling follow tfx-cli's `vsix-manifest-builder.ts`.

use adieu_manifest::extension::localisation::{Translations, default_text};
use adieu_manifest::extension::{Badge, Element as Key, Extension, WithPosition};

use crate::parts::{Asset, Part};
use crate::xml::Element;

/// Asset type of `extension.vsomanifest`.
pub(crate) const SERVICE_MANIFEST: &str = "Microsoft.VisualStudio.Services.Manifest";

/// The package manifest.
pub(crate) fn document(extension: &Extension, parts: &[Part]) -> String {
    let mut root = Element::new("PackageManifest")
        .attribute("Version", "2.0.0")
        .attribute(
            "xmlns",
            "http://schemas.microsoft.com/developer/vsx-schema/2011",
        )
        .attribute(
            "xmlns:d",
            "http://schemas.microsoft.com/developer/vsx-schema-design/2011",
        );
    root.push(metadata(extension, parts));
    root.push(Element::new("Dependencies"));
    if extension.has_targets {
        let targets = extension
            .targets
            .iter()
            .filter(|target| !target.id.is_empty())
            .map(|target| {
                Element::new("InstallationTarget")
                    .attribute("Id", &target.id)
                    .optional("Version", target.version.as_deref())
            });
        root.push(Element::new("Installation").children(targets));
    }
    root.children(assets(extension, parts)).to_document()
}

fn own(value: Option<&WithPosition<String>>) -> Option<&str> {
    value.map(|value| default_text(&value.value))
}

fn metadata(extension: &Extension, parts: &[Part]) -> Element {
    let mut metadata = Element::new("Metadata");
    metadata.push(
        Element::new("Identity")
            .attribute("Language", "en-US")
            .optional("Id", own(extension.id.as_ref()))
            .optional("Publisher", own(extension.publisher.as_ref()))
            .optional("Version", own(extension.version.as_ref())),
    );
    let text = |name, value: &Option<WithPosition<String>>| {
        Element::new(name).text(own(value.as_ref()).unwrap_or_default())
    };
    for key in &extension.elements {
        metadata.push(match key {
            Key::DisplayName => text("DisplayName", &extension.name),
            Key::Description => {
                text("Description", &extension.description).attribute("xml:space", "preserve")
            }
            Key::ReleaseNotes => text("ReleaseNotes", &extension.release_notes),
            Key::GalleryFlags => {
                Element::new("GalleryFlags").text(extension.gallery_flags.join(" "))
            }
            Key::Categories => {
                Element::new("Categories").text(default_text(&extension.categories.join(",")))
            }
            Key::Tags => Element::new("Tags").text(default_text(&extension.tags.join(","))),
            Key::Properties => {
                Element::new("Properties").children(extension.properties.iter().map(|property| {
                    Element::new("Property")
                        .attribute("Id", &property.id)
                        .attribute("Value", default_text(&property.value))
                }))
            }
            Key::Badges => Element::new("Badges").children(extension.badges.iter().map(badge)),
        });
    }
    // In order, and each once.
    let mut seen = Vec::new();
    for (part, asset) in parts
        .iter()
        .flat_map(|part| part.assets.iter().map(move |asset| (part, asset)))
    {
        let name = match asset.kind.as_str() {
            "Microsoft.VisualStudio.Services.Icons.Default" => "Icon",
            "Microsoft.VisualStudio.Services.Content.License" => "License",
            _ => continue,
        };
        if !seen.contains(&name) {
            seen.push(name);
            metadata.push(Element::new(name).text(&part.name));
        }
    }
    metadata
}

fn badge(badge: &Badge) -> Element {
    Element::new("Badge")
        .optional("Link", badge.link.as_deref())
        .optional("ImgUri", badge.image.as_deref())
        .optional(
            "Description",
            badge.description.as_deref().map(default_text),
        )
}

/// The assets; `None` if there are none.
fn assets(extension: &Extension, parts: &[Part]) -> Option<Element> {
    let mut assets: Vec<Element> = Vec::new();
    for part in parts {
        assets.extend(part.assets.iter().map(|kind| asset(kind, &part.name)));
    }
    if extension.has_service_manifest() {
        let manifest = Asset {
            kind: SERVICE_MANIFEST.to_owned(),
            addressable: true,
            lang: None,
        };
        assets.push(asset(&manifest, "extension.vsomanifest"));
    }
    (!assets.is_empty()).then(|| Element::new("Assets").children(assets))
}

fn asset(asset: &Asset, path: &str) -> Element {
    Element::new("Asset")
        .attribute("Type", &asset.kind)
        .attribute("d:Source", "File")
        .attribute("Path", path)
        .optional("Addressable", asset.addressable.then_some("true"))
        .optional("Lang", asset.lang.as_deref())
}

/// `Extension.vsixlangpack`: name, description and release notes in another language. An empty element means that the
/// manifest's own text applies.
pub(crate) fn language_pack(extension: &Extension, translations: &Translations) -> String {
    let element = |name, key, value: &Option<WithPosition<String>>| {
        Element::new(name).text(translations.of(key, value.as_ref()).unwrap_or_default())
    };
    Element::new("VsixLanguagePack")
        .attribute("Version", "1.0.0")
        .attribute(
            "xmlns",
            "http://schemas.microsoft.com/developer/vsx-schema-lp/2010",
        )
        .children([
            element("LocalizedName", "displayName", &extension.name),
            element(
                "LocalizedDescription",
                "description",
                &extension.description,
            ),
            element(
                "LocalizedReleaseNotes",
                "releaseNotes",
                &extension.release_notes,
            ),
            Element::new("License"),
            Element::new("MoreInfoUrl"),
        ])
        .to_document()
}
