//! Examples from Microsoft's page on expressions, and expressions that are refused.
//!
//! It runs no pipeline.

use super::{Context, Status};
use crate::pipeline::value::Value;

fn context() -> Context {
    Context::default()
        .with(
            "parameters",
            Value::Map(vec![
                ("flag".to_owned(), Value::Boolean(true)),
                ("text".to_owned(), Value::text("it's")),
                (
                    "list".to_owned(),
                    Value::List(vec![Value::text("a"), Value::text("b")]),
                ),
            ]),
        )
        .with(
            "variables",
            Value::Map(vec![(
                "Build.Reason".to_owned(),
                Value::text("PullRequest"),
            )]),
        )
}

#[test]
fn evaluates_the_examples_of_the_page() {
    for (text, expected) in [
        ("eq(parameters.flag, true)", "True"),
        ("eq(parameters.flag, 'no')", "True"),
        ("eq('TRUE', parameters.flag)", "True"),
        ("ne(variables['build.reason'], 'pullrequest')", "False"),
        ("eq(parameters.missing, '')", "True"),
        ("eq(1, '1')", "True"),
        ("eq(1, 'one')", "False"),
        ("not(0)", "True"),
        ("and(true, '', nonsense)", "False"),
        ("or(false, 'x', nonsense)", "True"),
        ("in('B', 'a', 'b')", "True"),
        ("notIn('B', 'a', 'b')", "False"),
        ("parameters.text", "it's"),
        ("'it''s'", "it's"),
        ("''", ""),
        ("''''", "'"),
        ("join(', ', parameters.list)", "a, b"),
        ("parameters.list[1]", "b"),
        ("length(parameters.list)", "2"),
        ("coalesce('', parameters.missing, 'x')", "x"),
        ("format('{0}/{1}', 'a', 'b')", "a/b"),
        ("lower('AB')", "ab"),
        ("replace('https://a', 'https:', 'ssh:')", "ssh://a"),
        ("contains('Refs/Heads/Main', 'heads')", "True"),
        ("startsWith('refs/tags/v1', 'refs/tags/')", "True"),
        ("endsWith('a.md', '.md')", "True"),
        (" 1.5 ", "1.5"),
        ("null", ""),
    ] {
        let value = context().evaluate(text).map(|value| value.to_text());
        assert_eq!(value, Ok(Some(expected.to_owned())), "{text}");
    }
}

#[test]
fn refuses_what_is_not_supported() {
    let mut refusals = String::new();
    for text in [
        "nonsense.a",
        "counter('x', 1)",
        "succeeded()",
        "eq(1)",
        "eq(1, 2",
        "'open",
        "a b",
        "",
        "&& true",
    ] {
        let refusal = context().evaluate(text).expect_err(text);
        refusals.push_str(&format!("{refusal}\n"));
    }
    expect_test::expect![[r#"
        Unrecognized value: 'nonsense'. Located within expression: nonsense.a.
        Unrecognized value: 'counter' with 2 arguments. Located within expression: counter('x', 1).
        Unrecognized value: 'succeeded' with 0 arguments. Located within expression: succeeded().
        Unrecognized value: 'eq' with 1 arguments. Located within expression: eq(1).
        Unexpected symbol: ''. Located at position 8 within expression: eq(1, 2.
        Unexpected symbol: ''open'. Located at position 1 within expression: 'open.
        Unexpected symbol: 'b'. Located at position 3 within expression: a b.
        Unexpected symbol: ''. Located at position 1 within expression: .
        Unexpected symbol: '&&'. Located at position 1 within expression: && true.
    "#]]
    .assert_eq(&refusals);
}

#[test]
fn conditions_depend_on_the_jobs_status() {
    for (text, succeeded, issues, failed) in [
        ("succeeded()", true, true, false),
        ("failed()", false, false, true),
        ("always()", true, true, true),
        ("succeededOrFailed()", true, true, true),
        (
            "and(succeeded(), eq(variables['Build.Reason'], 'Manual'))",
            false,
            false,
            false,
        ),
    ] {
        for (status, expected) in [
            (Status::Succeeded, succeeded),
            (Status::SucceededWithIssues, issues),
            (Status::Failed, failed),
        ] {
            let mut context = context();
            context.status = Some(status);
            assert_eq!(
                context.evaluate(text),
                Ok(Value::Boolean(expected)),
                "{text}"
            );
        }
    }
}
