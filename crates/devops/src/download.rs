//! Downloads a published package from the gallery.
//!
//! The credential goes only to the gallery: a redirect to a storage host is followed without it.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::time::Duration;

use adieu_transport::{
    AZURE_DEVOPS, Attempt, Deadline, DownloadOutcome, NoAnswer, NotTheService, Reply,
    ServiceFailure, host, retry_until,
};
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Method, Url};

use crate::client::{self, Client};
use crate::error::Error;
use crate::publish::{Package, SLOWEST, UPLOAD};

/// `GalleryApi.ts` of microsoft/azure-devops-node-api: `getAssetByName`.
const API_VERSION: &str = "7.1-preview.1";

/// The asset that is the package itself.
const PACKAGE: &str = "Microsoft.VisualStudio.Services.VSIXPackage";

/// A package that the gallery signed or rewrote may be this much larger than ours.
const MARGIN: u64 = 64 * 1024 * 1024;

/// Number of redirects to follow.
const HOPS: usize = 3;

impl Client<'_> {
    /// Downloads the published package of the same name, version and platform into `file`, which is emptied first.
    ///
    /// # Errors
    /// No answer, a refusal, or a file that cannot be written.
    pub async fn download(&self, package: &Package, file: &File) -> Result<(), Error> {
        let path = [&*package.version, "assetbyname", PACKAGE];
        let mut url = self.in_extension(&package.name, &path);
        if let Some(platform) = &package.target_platform {
            url.query_pairs_mut()
                .append_pair("targetPlatform", platform);
        }
        let time = UPLOAD + Duration::from_secs(package.size / SLOWEST);
        let deadline = Deadline::after(time);
        let longest = package.size * 2 + MARGIN;
        let fetch = |attempt| self.fetch(&url, file, longest, deadline, attempt);
        retry_until(deadline, fetch).await
    }

    async fn fetch(
        &self,
        address: &Url,
        mut file: &File,
        longest: u64,
        deadline: Deadline,
        attempt: u32,
    ) -> Result<(), Attempt<Error>> {
        let mut url = address.clone();
        for hop in 0..=HOPS {
            let no_answer =
                |cause| ServiceFailure::no_answer(&AZURE_DEVOPS, host(&url), attempt, cause);
            let request = self.transport.request(Method::GET, &url);
            let request = if hop == 0 {
                request
                    .bearer_auth(self.token.reveal_to_wire())
                    .header("X-TFS-FedAuthRedirect", "Suppress")
                    .header(
                        ACCEPT,
                        format!("application/octet-stream;api-version={API_VERSION}"),
                    )
            } else {
                request
            };
            let request = request.build().map_err(|_| {
                let cause = NoAnswer::Connection("the request cannot be written".to_owned());
                Attempt::from(no_answer(cause))
            })?;
            empty(file).map_err(Attempt::Permanent)?;
            let downloading = self
                .transport
                .download(request, deadline.left(), longest, &mut file);
            let answer = match downloading.await {
                Ok(DownloadOutcome::All(_)) => return Ok(()),
                Ok(DownloadOutcome::NotWritten(error)) => {
                    return Err(Attempt::Permanent(not_written(&error)));
                }
                Ok(DownloadOutcome::TooLong) => {
                    let cause = NoAnswer::Connection("the package is too long".to_owned());
                    return Err(Attempt::Permanent(no_answer(cause).into()));
                }
                Ok(DownloadOutcome::Answer(answer)) => answer,
                Err(cause) => return Err(no_answer(cause).into()),
            };
            let next = match answer.status {
                301 | 302 | 303 | 307 | 308 => answer.header(LOCATION.as_str()),
                _ => None,
            };
            match next.and_then(|next| url.join(next).ok()) {
                // A sign-in page is not a package.
                Some(next) if !next.path().contains("_signin") => url = next,
                _ => {
                    let reply = Reply::new(&AZURE_DEVOPS, &url, attempt, answer);
                    return match client::read(&reply) {
                        Ok(_) => Err(reply.not_the_service(NotTheService::NotJson).into()),
                        Err(attempt) => Err(attempt),
                    };
                }
            }
        }
        let cause = NoAnswer::Connection("it redirects without an end".to_owned());
        let failure = ServiceFailure::no_answer(&AZURE_DEVOPS, host(&url), attempt, cause);
        Err(Attempt::Permanent(failure.into()))
    }
}

fn empty(mut file: &File) -> Result<(), Error> {
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .map(|_| ())
        .map_err(|error| not_written(&error))
}

fn not_written(error: &std::io::Error) -> Error {
    Error::File {
        path: "the copy of the published package".to_owned(),
        reason: error.to_string(),
    }
}
