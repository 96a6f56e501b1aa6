//! The address of a feed, and the only hosts that receive a credential for one.
//!
//! It decides by the address alone: anything that is not written exactly as Azure Artifacts writes it is not a feed.

use std::fmt;

/// The host that all organizations' feeds share.
pub(crate) const SHARED: &str = "pkgs.dev.azure.com";

/// The end of an older organization's own host.
pub(crate) const OWN: &str = ".pkgs.visualstudio.com";

/// The collection in old addresses.
const COLLECTION: &str = "defaultcollection";

/// The path segment before a feed's name.
const PACKAGING: &str = "_packaging";

/// The longest address that is read, in bytes.
const LONGEST: usize = 2048;

/// The address of a feed (learn.microsoft.com, "Connect to a feed").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedAddress {
    /// The organization, in lowercase.
    pub organization: String,
    /// The project, decoded, if the feed belongs to one.
    pub project: Option<String>,
    /// The feed's name or GUID.
    pub feed: String,
    /// The view, if the address has one.
    pub view: Option<String>,
    /// Whether the host is the organization's own (`contoso.pkgs.visualstudio.com`).
    pub is_own_host: bool,
    /// The part after the feed, which depends on the protocol, such as `npm/registry/`.
    pub tail: String,
}

/// Why an address is not that of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAFeed {
    /// The scheme is not `https`.
    Scheme,
    /// The host is another one, has a port, or has a character that none of these hosts has.
    Host,
    /// There is a user or a password before the host.
    Userinfo,
    /// The path is not that of a feed.
    Path,
}

/// The part before a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Userinfo {
    /// Nothing.
    None,
    /// A user name, which several clients need before they ask for a password.
    User,
    /// A password as well.
    Password,
}

impl FeedAddress {
    /// Parses an address without a user.
    ///
    /// # Errors
    /// It is not the address of a feed.
    pub fn parse(text: &str) -> Result<Self, NotAFeed> {
        let rest = below_https(text)?;
        if authority(rest).contains('@') {
            return Err(NotAFeed::Userinfo);
        }
        read(rest)
    }

    /// Parses an address, or `organization[/project]/feed`.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse_name(text: &str) -> Result<Self, NotAFeed> {
        if text.contains("://") {
            return Self::parse(text);
        }
        let parts: Vec<String> = text
            .split('/')
            .map(|part| part.trim().replace(' ', "%20"))
            .collect();
        let path = match parts.as_slice() {
            [organization, feed] => format!("{organization}/_packaging/{feed}"),
            [organization, project, feed] => format!("{organization}/{project}/_packaging/{feed}"),
            _ => return Err(NotAFeed::Path),
        };
        Self::parse(&format!("https://{SHARED}/{path}"))
    }

    /// The address of the feed, without the protocol's part.
    #[must_use]
    pub fn base(&self) -> String {
        let mut base = format!("https://{}", self.host());
        if !self.is_own_host {
            base.push('/');
            base.push_str(&self.organization);
        }
        if let Some(project) = &self.project {
            base.push('/');
            base.push_str(&encoded(project));
        }
        base.push_str(&format!("/{PACKAGING}/{}", encoded(&self.feed)));
        if let Some(view) = &self.view {
            base.push('@');
            base.push_str(&encoded(view));
        }
        base
    }

    /// The whole address.
    #[must_use]
    pub fn address(&self) -> String {
        match self.tail.as_str() {
            "" => self.base(),
            tail => format!("{}/{tail}", self.base()),
        }
    }

    /// The host that receives the credential.
    #[must_use]
    pub fn host(&self) -> String {
        if self.is_own_host {
            format!("{}{OWN}", self.organization)
        } else {
            SHARED.to_owned()
        }
    }

    /// Whether both are the same feed, ignoring view, host and protocol.
    #[must_use]
    pub fn is_same_feed(&self, other: &Self) -> bool {
        let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        self.organization == other.organization
            && is_same(&self.feed, &other.feed)
            && match (&self.project, &other.project) {
                (Some(own), Some(theirs)) => is_same(own, theirs),
                (None, None) => true,
                _ => false,
            }
    }
}

impl fmt::Display for FeedAddress {
    /// `contoso/project/feed@view`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.organization)?;
        if let Some(project) = &self.project {
            write!(formatter, "/{project}")?;
        }
        write!(formatter, "/{}", self.feed)?;
        if let Some(view) = &self.view {
            write!(formatter, "@{view}")?;
        }
        Ok(())
    }
}

/// Parses an address that may have a user or a password before its host, as in clients' files.
///
/// # Errors
/// It is not the address of a feed.
pub fn with_userinfo(text: &str) -> Result<(FeedAddress, Userinfo), NotAFeed> {
    let rest = below_https(text)?;
    let Some((user, _)) = authority(rest).split_once('@') else {
        return Ok((read(rest)?, Userinfo::None));
    };
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    // With several `@` or a backslash, clients disagree about where the host starts.
    let is_plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%$+={}".contains(&byte))
    };
    if !is_plain(name) || !is_plain(password) {
        return Err(NotAFeed::Userinfo);
    }
    let address = read(&rest[user.len() + 1..])?;
    // A password that refers to a variable does not count.
    let is_password = !password.is_empty() && !password.starts_with('$');
    let userinfo = if is_password {
        Userinfo::Password
    } else {
        Userinfo::User
    };
    Ok((address, userinfo))
}

/// The feed that an address would mean with `https`, without a port and without a dot at the end of its host. Some
/// clients send their credential there, too.
pub(crate) fn nearly(text: &str) -> Option<FeedAddress> {
    let (scheme, rest) = text.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let authority = authority(rest);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = &rest[authority.len()..];
    read(&format!("{}{path}", host.trim_end_matches('.'))).ok()
}

fn below_https(text: &str) -> Result<&str, NotAFeed> {
    if text.len() > LONGEST {
        return Err(NotAFeed::Path);
    }
    let scheme = text.get(..8).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("https://") {
        Ok(&text[8..])
    } else {
        Err(NotAFeed::Scheme)
    }
}

/// The part before the path, the query or the fragment.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Parses the rest after `https://` and a user.
fn read(rest: &str) -> Result<FeedAddress, NotAFeed> {
    let authority = authority(rest);
    let host = authority.to_ascii_lowercase();
    let path = rest[authority.len()..].split(['?', '#']).next();
    let mut segments = path
        .unwrap_or_default()
        .strip_prefix('/')
        .unwrap_or_default()
        .split('/');
    let (organization, is_own_host) = if host == SHARED {
        let name = segments.next().unwrap_or_default().to_ascii_lowercase();
        (name, false)
    } else {
        let name = host.strip_suffix(OWN).ok_or(NotAFeed::Host)?;
        if !is_organization(name) {
            return Err(NotAFeed::Host);
        }
        (name.to_owned(), true)
    };
    if !is_organization(&organization) {
        return Err(NotAFeed::Path);
    }
    let mut segments = segments.peekable();
    if is_own_host
        && segments
            .peek()
            .is_some_and(|name| name.eq_ignore_ascii_case(COLLECTION))
    {
        segments.next();
    }
    let mut segment = segments.next().unwrap_or_default();
    let mut project = None;
    if !segment.eq_ignore_ascii_case(PACKAGING) {
        // A project cannot have the collection's name; with it, the formatted address would have another meaning.
        let is_collection = |name: &String| is_own_host && name.eq_ignore_ascii_case(COLLECTION);
        let name = decoded(segment).filter(|name| !is_collection(name));
        project = Some(name.ok_or(NotAFeed::Path)?);
        segment = segments.next().unwrap_or_default();
    }
    if !segment.eq_ignore_ascii_case(PACKAGING) {
        return Err(NotAFeed::Path);
    }
    let name = decoded(segments.next().unwrap_or_default()).ok_or(NotAFeed::Path)?;
    let (feed, view) = match name.split_once('@') {
        Some((feed, view)) if !feed.is_empty() && !view.is_empty() && !view.contains('@') => {
            (feed.to_owned(), Some(view.to_owned()))
        }
        Some(_) => return Err(NotAFeed::Path),
        None => (name, None),
    };
    let tail: Vec<&str> = segments.collect();
    let (last, inner) = tail.split_last().unwrap_or((&"", &[]));
    let is_sound = |segment: &&str| decoded(segment).is_some();
    if !inner.iter().all(is_sound) || !(last.is_empty() || is_sound(last)) {
        return Err(NotAFeed::Path);
    }
    Ok(FeedAddress {
        organization,
        project,
        feed,
        view,
        is_own_host,
        tail: tail.join("/"),
    })
}

/// Letters, digits and hyphens, a letter or digit at both ends, at most 50 (learn.microsoft.com, "Naming restrictions").
fn is_organization(name: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    name.len() <= 50
        && is_end(name.bytes().next())
        && is_end(name.bytes().last())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Decodes a path segment; `None` if it is empty, leads elsewhere, or has a character that none of these names has.
/// An encoded slash, dot or percent sign could be decoded again by a proxy.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            let is_plain = byte.is_ascii_alphanumeric() || b"-._~@()!,+&='".contains(&byte);
            bytes.push(is_plain.then_some(byte)?);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let byte = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
        if byte != b' ' && byte < 0x80 {
            return None;
        }
        bytes.push(byte);
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_name = !text.is_empty()
        && text.bytes().any(|byte| byte != b'.')
        && !text.chars().any(char::is_control);
    is_name.then_some(text)
}

fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b' ' | 0x80.. => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests;
