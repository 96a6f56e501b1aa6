//! The real binary from the outside: the table of contents.

/// A folder with an extension in it, the binary, and packages taken apart.
mod extension_folder;

/// Packages beside those of tfx-cli, what is refused and warned of, and that two builds are one.
mod extension_package;

/// What a package says about itself, and packages that are not to be trusted.
mod extension_inspect;

/// Other identities, flags and task versions for a package that exists.
mod extension_edit;
