//! One page of a list, and where the next one is.
//!
//! It sends no requests.

use serde_json::Value;

/// A token that also means the end of a list, according to Microsoft's samples for the Token Administration API.
const NO_TOKEN: &str = "00000000-0000-0000-0000-000000000000";

/// One page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    /// Continuation token of the next page.
    pub(crate) next: Option<String>,
}

impl Page {
    /// Reads an answer whose list is in `field`, or in `field` of its `value`. The token of the next page is in a
    /// header or in the body. `None` if there is no list.
    pub(crate) fn read(mut answer: Value, header: Option<&str>, field: &str) -> Option<Self> {
        if answer.get(field).is_none()
            && let Some(inner) = answer.get_mut("value")
        {
            answer = inner.take();
        }
        let Some(Value::Array(items)) = answer.get_mut(field).map(Value::take) else {
            return None;
        };
        let in_body = answer.get("continuationToken").and_then(Value::as_str);
        let is_last = answer.get("hasMore") == Some(&Value::Bool(false));
        let next = header
            .or(in_body)
            .filter(|token| !is_last && !token.is_empty() && *token != NO_TOKEN)
            .map(str::to_owned);
        Some(Self { items, next })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_list_and_the_token_of_the_next_page() {
        for (answer, header, count, next) in [
            (json!({ "value": [1, 2] }), None, Some(2), None),
            (json!({ "value": [1] }), Some("a"), Some(1), Some("a")),
            (json!({ "value": [] }), Some(""), Some(0), None),
            (
                json!({ "value": [], "continuationToken": "b" }),
                None,
                Some(0),
                Some("b"),
            ),
            (
                json!({ "value": [], "continuationToken": NO_TOKEN }),
                None,
                Some(0),
                None,
            ),
            (
                json!({ "value": [], "continuationToken": "b", "hasMore": false }),
                None,
                Some(0),
                None,
            ),
            (json!({ "value": null }), None, None, None),
            (json!({}), Some("a"), None, None),
            (json!([1]), None, None, None),
        ] {
            let page = Page::read(answer.clone(), header, "value");
            let read = page
                .as_ref()
                .map(|page| (page.items.len(), page.next.as_deref()));
            assert_eq!(read, count.map(|count| (count, next)), "{answer}");
        }
        let wrapped = json!({ "value": { "entries": [1], "continuationToken": "c" } });
        let page = Page::read(wrapped, None, "entries").expect("a page");
        assert_eq!((page.items.len(), page.next.as_deref()), (1, Some("c")));
    }
}
