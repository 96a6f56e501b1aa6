//! What a `task.json` of anybody's must say.
//!
//! It looks at one document; whether files are in the package is not its business.
