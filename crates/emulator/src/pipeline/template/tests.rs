//! Examples in the style of Microsoft's pages on templates: a pipeline, and what the service expands it to.
//!
//! It runs no step.

use super::{Context, expand};
use crate::pipeline::value::Value;

/// The expanded pipeline, or the problem.
fn expanded(files: &[(&str, &str)]) -> String {
    let find = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    let variables = Value::Map(vec![("Build.Reason".to_owned(), Value::text("Manual"))]);
    let context = Context::default().with("variables", variables);
    match expand(&find, files[0].0, &[], &context) {
        Ok(document) => document.to_yaml(),
        Err(problem) => problem.to_string(),
    }
}

fn all(cases: &[&str]) -> String {
    let lines = cases
        .iter()
        .map(|case| format!("{}\n", expanded(&[("a.yml", case)])));
    lines.collect()
}

#[test]
fn expands_conditions_and_loops() {
    expect_test::expect![[r#"
        {"steps": [{"script": "a"}, {"script": "c"}]}
        {"steps": [{"script": "b"}]}
        {"variables": {"a": 1, "b": 3}}
        {"steps": [{"script": "echo x"}, {"script": "echo y"}]}
        {"variables": {"x_NAME": 1, "y_NAME": 2}}
        {"steps": [{"script": "a"}, {"script": "b"}]}
        {"steps": [{"script": "a", "env": {"A": "a", "B": "b"}}]}
        {"variables": {"a": "is True and $(left) and $[alone]"}}
    "#]]
    .assert_eq(&all(&[
        "steps:\n- ${{ if eq(variables['Build.Reason'], 'Manual') }}:\n  - script: a\n- ${{ \
         else }}:\n  - script: b\n- script: c\n",
        "steps:\n- ${{ if false }}:\n  - script: a\n- ${{ elseif eq(1, 1) }}:\n  - script: \
         b\n- ${{ else }}:\n  - script: c\n",
        "variables:\n  ${{ if true }}:\n    a: 1\n  ${{ else }}:\n    a: 2\n  b: 3\n",
        "parameters:\n- name: names\n  type: object\n  default: [x, y]\nsteps:\n- ${{ each \
         name in parameters.names }}:\n  - script: echo ${{ name }}\n",
        "parameters:\n- name: map\n  type: object\n  default: { x: 1, y: 2 }\nvariables:\n  \
         ${{ each pair in parameters.map }}:\n    ${{ pair.key }}_NAME: ${{ pair.value }}\n",
        "parameters:\n- name: more\n  type: stepList\n  default:\n  - script: b\nsteps:\n- \
         script: a\n- ${{ parameters.more }}\n",
        "parameters:\n- name: env\n  type: object\n  default: { B: b }\nsteps:\n- script: a\n  \
         env:\n    A: a\n    ${{ insert }}: ${{ parameters.env }}\n",
        "parameters:\n- name: flag\n  type: boolean\n  default: false\nvariables:\n  a: is ${{ \
         not(parameters.flag) }} and $(left) and $[alone]\n",
    ]));
}

#[test]
fn expands_templates() {
    let template = "parameters:\n- name: who\n- name: greeting\n  default: hello\n  values: \
     [hello, bye]\nsteps:\n- script: echo ${{ parameters.greeting }} ${{ parameters.who }}\n";
    let files = |pipeline: &'static str| {
        expanded(&[("ci/a.yml", pipeline), ("ci/templates/b.yml", template)])
    };
    let mut lines = String::new();
    for pipeline in [
        "steps:\n- script: first\n- template: templates/b.yml\n  parameters: { who: world }\n",
        "steps:\n- template: /ci/templates/b.yml@self\n  parameters: { who: world, greeting: \
         bye }\n",
        "extends:\n  template: templates/b.yml\n  parameters: { who: world }\ntrigger: none\n",
        "steps:\n- template: templates/b.yml\n",
        "steps:\n- template: templates/b.yml\n  parameters: { who: world, greeting: hey }\n",
        "steps:\n- template: templates/b.yml\n  parameters: { who: world, what: x }\n",
        "steps:\n- template: templates/c.yml\n",
        "steps:\n- template: b.yml@other\n",
        "jobs:\n- template: templates/b.yml\n  parameters: { who: world }\n",
        "steps:\n- template: templates/b.yml\n  with: { who: world }\n",
    ] {
        lines.push_str(&files(pipeline));
        lines.push('\n');
    }
    expect_test::expect![[r#"
        {"steps": [{"script": "first"}, {"script": "echo hello world"}]}
        {"steps": [{"script": "echo bye world"}]}
        {"trigger": "none", "steps": [{"script": "echo hello world"}]}
        ci/templates/b.yml (Line: 2, Col: 3): A value for the 'who' parameter must be provided.
        ci/templates/b.yml (Line: 3, Col: 3): The 'greeting' parameter value 'hey' is not a valid value.
        ci/a.yml (Line: 2, Col: 3): Unexpected parameter 'what'
        ci/a.yml (Line: 2, Col: 3): File ci/templates/c.yml was not found
        ci/a.yml (Line: 2, Col: 3): b.yml@other is in another repository, which this emulator has not
        ci/a.yml (Line: 2, Col: 3): the template contains something other than 'jobs'
        ci/a.yml (Line: 3, Col: 3): Unexpected value 'with'
    "#]].assert_eq(&lines);
}

#[test]
fn problems_have_a_position() {
    expect_test::expect![[r#"
        a.yml (Line: 3, Col: 3): 'script' is already defined
        a.yml (Line: 2, Col: 1): while parsing a node, did not find expected node content
        a.yml (Line: 1, Col: 4): anchors are not supported
        a.yml (Line: 1, Col: 4): tags are not supported
        a.yml (Line: 2, Col: 1): a second document starts here
        a.yml (Line: 2, Col: 11): '}}' is missing
        a.yml (Line: 2, Col: 11): Unrecognized value: 'nothing'. Located within expression: nothing.x.
        a.yml (Line: 2, Col: 3): there is no 'if' in front of it
        a.yml (Line: 2, Col: 3): Expected a sequence
        a.yml (Line: 2, Col: 3): Expected a mapping
        a.yml (Line: 4, Col: 5): 'a' is already defined
        a.yml (Line: 4, Col: 12): The 'a' parameter value has the type 'nothing', which does not exist.
        a.yml (Line: 4, Col: 12): The 'a' parameter value 'maybe' is not a valid Boolean.
        a.yml (Line: 6, Col: 6): Unable to convert from Array or Object to String
    "#]].assert_eq(&all(&[
        "steps:\n- script: a\n  script: b\n",
        "steps: [\n",
        "a: &x 1\nb: *x\n",
        "a: !!int 1\n",
        "a: 1\n---\nb: 2\n",
        "steps:\n- script: ${{ parameters.x }\n",
        "steps:\n- script: ${{ nothing.x }}\n",
        "steps:\n- ${{ else }}:\n  - script: a\n",
        "steps:\n- ${{ if true }}:\n    script: a\n",
        "variables:\n  ${{ if true }}: [a]\n",
        "variables:\n  a: 1\n  ${{ if true }}:\n    a: 2\n",
        "parameters:\n- name: a\n  type: nothing\n  default: x\nsteps: []\n",
        "parameters:\n- name: a\n  type: boolean\n  default: maybe\nsteps: []\n",
        "parameters:\n- name: a\n  type: object\n  default: [x]\nvariables:\n  b: all ${{ \
         parameters.a }}\n",
    ]));
}
