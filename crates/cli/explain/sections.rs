//! The sections of a Markdown page, and which of them a text means.
//!
//! It prints nothing.

/// A heading of the second level with everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// Its name in links, in lowercase.
    pub(super) anchor: String,
    /// The text, including the heading.
    pub(super) markdown: &'a str,
}

/// The section that a text means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Match<'a, 'b> {
    /// This section.
    One(&'a Section<'b>),
    /// A code without a section, and the section of all such codes.
    InPlaceOf(String, &'a Section<'b>),
    /// None; these names are similar.
    Near(Vec<String>),
}

/// Services with numbered errors, and the section for numbers without one.
const SERVICES: [(&str, &str); 3] = [("aadsts", "aadsts"), ("tf", ""), ("vs", "")];

/// A message without a code, in lowercase, and its section.
const PAT_EXPIRED: (&str, &str) = ("personal access token used has expired", "pat-expired");

/// Most suggestions.
const OFFERED: usize = 5;

impl Section<'_> {
    /// Its first sentence.
    pub(super) fn summary(&self) -> &str {
        let mut lines = self.markdown.lines().skip(1);
        let first = lines
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        match first.find(". ") {
            Some(end) => &first[..=end],
            None => first,
        }
    }

    /// The section that it refers to, if it contains nothing else.
    pub(super) fn refers_to(&self) -> Option<&str> {
        let (_, rest) = self.markdown.split_once("\nSee [")?;
        let (_, anchor) = rest.trim_end().strip_suffix(").")?.split_once("](#")?;
        Some(anchor)
    }
}

/// Splits a page into sections. A `#` in a code block does not start one.
pub(super) fn of(page: &str) -> Vec<Section<'_>> {
    let mut starts = Vec::new();
    let (mut offset, mut is_code) = (0, false);
    for line in page.split_inclusive('\n') {
        is_code ^= line.starts_with("```");
        if let Some(heading) = line.strip_prefix("## ").filter(|_| !is_code) {
            starts.push((offset, anchor(heading)));
        }
        offset += line.len();
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start);
    let ends: Vec<usize> = ends.chain([page.len()]).collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|((start, anchor), end)| Section {
            anchor,
            markdown: page[start..end].trim_end(),
        })
        .collect()
}

/// GitHub's anchor for a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars();
    kept.filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect::<String>()
        .to_lowercase()
}

/// The section that a text means: its name, a link to it, an error's code or number, or the text of an error.
pub(super) fn find<'a, 'b>(sections: &'a [Section<'b>], text: &str) -> Match<'a, 'b> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("adieu explain ").unwrap_or(&text);
    let name = text.rsplit_once('#').map_or(text, |(_, anchor)| anchor);
    let named = |name: &str| sections.iter().find(|section| section.anchor == name);
    if let Some(section) = named(name).or_else(|| named(&name.replace([' ', '_'], "-"))) {
        return Match::One(section);
    }
    if text.contains(PAT_EXPIRED.0)
        && let Some(section) = named(PAT_EXPIRED.1)
    {
        return Match::One(section);
    }
    let codes: Vec<&str> = words(text).filter(|word| service(word).is_some()).collect();
    if let Some(section) = codes.iter().find_map(|code| named(code)) {
        return Match::One(section);
    }
    let numbers = || words(text).filter(|word| is_number(word));
    let numbered = |number: &str| {
        let mut all = SERVICES.iter();
        all.find_map(|(service, _)| named(&format!("{service}{number}")))
    };
    if let Some(section) = numbers().find_map(numbered) {
        return Match::One(section);
    }
    for code in codes {
        let mut all = sections.iter();
        let section = service(code).and_then(named);
        let code = code.to_uppercase();
        if let Some(section) = section.or_else(|| all.find(|it| it.markdown.contains(&code))) {
            return Match::InPlaceOf(code, section);
        }
    }
    let near = near(sections, name);
    match near.as_slice() {
        [one] if one.contains(name) => match named(one) {
            Some(section) => Match::One(section),
            None => Match::Near(near),
        },
        _ => Match::Near(near),
    }
}

/// Names that contain the text, or else similar names, or else sections that contain the text.
fn near(sections: &[Section<'_>], name: &str) -> Vec<String> {
    let names = || sections.iter().map(|section| section.anchor.as_str());
    let containing: Vec<&str> = names().filter(|known| known.contains(name)).collect();
    let mut found = containing;
    if found.is_empty() {
        let mut similar: Vec<(f64, &str)> = names()
            .map(|known| (strsim::jaro_winkler(known, name), known))
            .filter(|(similarity, _)| *similarity > 0.85)
            .collect();
        adieu_order::sort_by(&mut similar, |one, other| other.0.total_cmp(&one.0));
        found = similar.into_iter().map(|(_, known)| known).collect();
    }
    if found.is_empty() {
        let with_text = sections
            .iter()
            .filter(|section| section.markdown.to_lowercase().contains(name));
        found = with_text.map(|section| section.anchor.as_str()).collect();
    }
    found.truncate(OFFERED);
    found.into_iter().map(str::to_owned).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
}

fn is_number(word: &str) -> bool {
    word.len() >= 5 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The section for a service's codes, if the word is one of these services.
fn service(word: &str) -> Option<&'static str> {
    SERVICES.iter().find_map(|(service, section)| {
        let number = word.strip_prefix(service)?;
        is_number(number).then_some(*section)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\nIntro.\n\n## aadsts\n\nA code. More.\n\n```sh\n## not a heading\n```\n\n\
        ## AADSTS700213\n\nNo federated credential.\n\n## AADSTS90012\n\nSee [AADSTS700213](#aadsts700213).\n\n\
        ## TF401444\n\nNot a member (TF30063).\n\n## federated-credential\n\nThe application.\n\n## exec\n\nA command.\n";

    fn found(text: &str) -> String {
        match find(&of(PAGE), text) {
            Match::One(section) => section.anchor.clone(),
            Match::InPlaceOf(code, section) => format!("{code} in {}", section.anchor),
            Match::Near(near) => format!("near: {}", near.join(" ")),
        }
    }

    #[test]
    fn finds_the_section_that_a_text_means() {
        for (text, expected) in [
            ("AADSTS700213", "aadsts700213"),
            ("700213", "aadsts700213"),
            ("#tf401444", "tf401444"),
            ("401444", "tf401444"),
            ("TROUBLESHOOTING.md#exec", "exec"),
            ("adieu explain exec", "exec"),
            ("Federated credential", "federated-credential"),
            ("federated", "federated-credential"),
            (
                "error: AADSTS700213: No matching federated identity record",
                "aadsts700213",
            ),
            ("AADSTS12345", "AADSTS12345 in aadsts"),
            ("aadsts700212: x", "AADSTS700212 in aadsts"),
            ("TF99999", "near: "),
            ("tf30063", "TF30063 in tf401444"),
            ("exce", "near: exec"),
            ("member", "near: tf401444"),
            ("e", "near: federated-credential exec"),
            ("zzz", "near: "),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_section_has_a_summary_and_may_refer_to_another() {
        let all = of(PAGE);
        let summaries: Vec<&str> = all.iter().map(Section::summary).collect();
        assert_eq!(summaries[0], "A code.");
        assert_eq!(all[0].markdown.lines().last(), Some("```"));
        assert_eq!(all[2].refers_to(), Some("aadsts700213"));
        assert_eq!(all[1].refers_to(), None);
    }
}
