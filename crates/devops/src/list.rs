//! Lists that come in pages: where the next page is, and where the list ends.
//!
//! It does not know what the lists contain.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::page::Page;

/// A page may be empty although more follow; after this many empty pages in a row, reading stops.
const MOST_EMPTY_PAGES: u32 = 50;

/// Decides after each page whether there is another one.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    tokens: HashSet<String>,
    items: HashSet<String>,
    empty_pages: u32,
}

impl Paging {
    /// The page's items that are new, compared by the value of a field, and the token of the next page. The list ends
    /// if a token or a whole page is repeated.
    pub(crate) fn take(&mut self, page: Page, id: &str) -> (Vec<Value>, Option<String>) {
        let is_empty = page.items.is_empty();
        let known = &mut self.items;
        let news: Vec<Value> = page
            .items
            .into_iter()
            .filter(|item| {
                let id = item.get(id).and_then(Value::as_str);
                known.insert(id.map_or_else(|| item.to_string(), str::to_owned))
            })
            .collect();
        self.empty_pages = if is_empty { self.empty_pages + 1 } else { 0 };
        let goes_on = if is_empty {
            self.empty_pages < MOST_EMPTY_PAGES
        } else {
            !news.is_empty()
        };
        let next = page
            .next
            .filter(|token| goes_on && self.tokens.insert(token.clone()));
        (news, next)
    }
}

/// A list that is read page by page.
#[derive(Debug)]
pub struct Pages<'c> {
    client: &'c Client<'c>,
    list: Url,
    api_version: &'static str,
    field: &'static str,
    id: &'static str,
    paging: Paging,
    /// The next page; `None` after the last one.
    next: Option<Url>,
}

impl Pages<'_> {
    /// The new items of the next page, compared by the value of a field; `None` after the last page.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        let page = self.client.page(&url, self.api_version, self.field).await?;
        let (news, next) = self.paging.take(page, self.id);
        self.next = next.map(|token| with_token(&self.list, &token));
        Ok(Some(news))
    }
}

impl Client<'_> {
    /// A list that is in `field`, each item once, identified by its field `id`.
    pub(crate) fn pages(
        &self,
        list: Url,
        api_version: &'static str,
        field: &'static str,
        id: &'static str,
    ) -> Pages<'_> {
        Pages {
            client: self,
            next: Some(list.clone()),
            list,
            api_version,
            field,
            id,
            paging: Paging::default(),
        }
    }

    /// All items of such a list.
    pub(crate) async fn list(
        &self,
        list: &Url,
        api_version: &'static str,
        field: &'static str,
        id: &'static str,
    ) -> Result<Vec<Value>, Error> {
        let mut pages = self.pages(list.clone(), api_version, field, id);
        let mut all = Vec::new();
        while let Some(items) = pages.next().await? {
            all.extend(items);
        }
        Ok(all)
    }
}

/// The address of the page with this token.
pub(crate) fn with_token(list: &Url, token: &str) -> Url {
    let mut url = list.clone();
    url.query_pairs_mut()
        .append_pair("continuationToken", token);
    url
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stops_at_a_repeated_page() {
        let page = |ids: &[&str], next: &str| Page {
            items: ids.iter().map(|id| json!({ "id": id })).collect(),
            next: Some(next.to_owned()),
        };
        let mut paging = Paging::default();
        for (ids, token, news, goes_on) in [
            (&["1", "2"][..], "a", 2, true),
            (&[][..], "b", 0, true),
            (&["2", "3"][..], "c", 1, true),
            // A repeated token, and a repeated page with another token.
            (&["4"][..], "a", 1, false),
            (&["1", "2"][..], "d", 0, false),
        ] {
            let (items, next) = paging.take(page(ids, token), "id");
            assert_eq!(
                (items.len(), next.is_some()),
                (news, goes_on),
                "{ids:?} {token}"
            );
        }
        let mut paging = Paging::default();
        let pages = (0..1000).map(|number| page(&[], &number.to_string()));
        let asked = pages
            .map(|page| paging.take(page, "id").1)
            .take_while(Option::is_some);
        assert_eq!(asked.count(), 49);
    }
}
