//! EntraToken@1: thousands of hostile answers. Whatever a server sends, the task neither crashes nor lets a server's
//! command into the log.
//!
//! The answers are generated from a fixed seed, so that a failure can be reproduced.

use std::sync::atomic::{AtomicU64, Ordering};

use adieu_emulator::{Connection, Fault, Job, MY_CONNECTION, Outcome, TaskResult, World};

use crate::harness::run;

/// Tokens per step with answers of Microsoft Entra: each token gets its own answer.
const TOKENS_A_STEP: usize = 100;
const STEPS: usize = 100;

/// Steps with answers of Azure DevOps, one per step.
const ID_TOKEN_STEPS: usize = 60;

#[test]
fn deactivates_commands_in_ten_thousand_entra_answers() {
    for step in 0..STEPS as u64 {
        let world = World::start();
        let count = AtomicU64::new(0);
        let authority = world
            .server_of_bytes(move |_| answer(step * 1000 + count.fetch_add(1, Ordering::SeqCst)));
        world.add_connection(Connection::workload_identity("hostile").authority(&authority));
        let lines: Vec<String> = (0..TOKENS_A_STEP)
            .map(|index| format!("T{index}=graph"))
            .collect();
        let outcome = run(
            &mut world.job(),
            &[
                ("azureSubscription", "hostile"),
                ("tokens", &lines.join("\n")),
            ],
        );
        holds(&outcome, &format!("step {step}"));
        assert_eq!(outcome.result, TaskResult::Failed, "step {step}");
    }
}

#[test]
fn deactivates_commands_in_azure_devops_answers() {
    for step in 0..ID_TOKEN_STEPS as u64 {
        let world = World::start();
        let count = AtomicU64::new(0);
        world
            .azure_devops()
            .always(Fault::Bytes(std::sync::Arc::new(move |_| {
                answer(1_000_000 + step * 1000 + count.fetch_add(1, Ordering::SeqCst))
            })));
        let outcome = run(&mut world.job(), &[("azureSubscription", MY_CONNECTION)]);
        holds(&outcome, &format!("ID token step {step}"));
    }
}

/// RFC 6750 defines the characters of a bearer token, RFC 7519 the form of a JWT. Anything else would be passed
/// unchanged to a variable, a header or a line for git.
#[test]
fn accepts_only_text_with_the_form_of_a_token() {
    for text in [
        "##vso[task.setvariable variable=STOLEN]x",
        "eyJ.eyJ.c2ln\n##vso[task.complete result=Failed]",
        "eyJ.eyJ.c2ln\r\nX-Other: y",
        "eyJ.eyJ.c2ln ",
        "\u{feff}eyJ.eyJ.c2ln",
        "eyJ.eyJ.c2l\u{200b}n",
        "eyJ.eyJ.\u{0}",
        "Bearer eyJ.eyJ.c2ln",
        "a=b",
        "=",
    ] {
        let world = World::start();
        let token = serde_json::json!({ "access_token": text, "expires_in": 600 }).to_string();
        world.entra().fault(Fault::Status(200, Vec::new(), token));
        let mut job = world.job();
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        is_refused(&outcome, &job, "Microsoft Entra", text);

        let world = World::start();
        let token = serde_json::json!({ "oidcToken": text }).to_string();
        let answer = Fault::Status(200, Vec::new(), token);
        world.azure_devops().fault(answer);
        let mut job = world.job();
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        is_refused(&outcome, &job, "Azure DevOps", text);
    }
    // An access token is opaque; an ID token is a signed JWT.
    let world = World::start();
    let token = serde_json::json!({ "oidcToken": "opaque" }).to_string();
    let answer = Fault::Status(200, Vec::new(), token);
    world.azure_devops().fault(answer);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    is_refused(&outcome, &job, "Azure DevOps", "opaque");
}

fn is_refused(outcome: &Outcome, job: &Job<'_>, service: &str, text: &str) {
    holds(outcome, text);
    assert_eq!(outcome.result, TaskResult::Failed, "{text:?}");
    let sentence = format!(
        "answered 200 with something that is not a token, so something other than {service} answered."
    );
    assert!(outcome.log.contains(&sentence), "{text:?}: {}", outcome.log);
    assert!(job.get("AZURE_DEVOPS_TOKEN").is_none(), "{text:?}");
    assert!(job.get("STOLEN").is_none(), "{text:?}");
}

/// Asserts that the step ended normally, and wrote only its own commands.
fn holds(outcome: &Outcome, name: &str) {
    assert_eq!(
        outcome.exit_code,
        Some(0),
        "{name}: {}",
        outcome.raw.join("\n")
    );
    assert!(outcome.denied.is_empty(), "{name}: {:?}", outcome.denied);
    assert!(
        outcome.warnings.is_empty(),
        "{name}: {:?}",
        outcome.warnings
    );
    let mut completed = 0;
    for line in &outcome.raw {
        if line.to_lowercase().contains("##vso") {
            let ours = [
                "##vso[task.setsecret]",
                "##vso[task.setvariable variable=",
                "##vso[task.issue type=error]",
            ];
            if line.starts_with("##vso[task.complete result=") {
                completed += 1;
            } else {
                assert!(
                    ours.iter().any(|start| line.starts_with(start)),
                    "{name}: {line}"
                );
            }
        } else {
            assert!(!line.contains("##["), "{name}: {line}");
        }
        // Text after our own command is data for the agent, and is shown, so it must be harmless, too.
        if line.starts_with("##vso[task.issue") {
            assert!(
                !line[10..].to_lowercase().contains("##vso"),
                "{name}: {line}"
            );
        }
    }
    assert_eq!(completed, 1, "{name}: {}", outcome.raw.join("\n"));
}

/// An answer that no service should send. The same number generates the same answer.
fn answer(number: u64) -> Vec<u8> {
    let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    if random.below(200) == 0 {
        return garbage(&mut random);
    }
    // Transient statuses would be retried for half a minute; token_faults.rs tests them.
    let status = random.pick(&[
        "200", "200", "200", "400", "400", "401", "401", "403", "404", "418", "302", "203", "204",
    ]);
    let body = body(&mut random);
    let mut bytes = format!(
        "HTTP/1.1 {status} {}\r\n",
        random.pick(&["OK", "", "##vso[task.debug]x"])
    )
    .into_bytes();
    for _ in 0..random.below(4) {
        let name = random.pick(&[
            "Content-Type",
            "Location",
            "x-ms-request-id",
            "x-vss-e2eid",
            "ActivityId",
            "Retry-After",
            "Set-Cookie",
            "X-Other",
        ]);
        bytes.extend_from_slice(format!("{name}: ").as_bytes());
        let value = random.pick(&[
            "application/json",
            "text/html",
            "0",
            "https://evil.example/##vso[task.complete result=Failed]",
            "##vso[task.setvariable variable=STOLEN]x",
            "\u{1b}[2J",
            "é\u{200b}",
        ]);
        bytes.extend(value.bytes().filter(|byte| !matches!(byte, 0..=31)));
        bytes.extend_from_slice(b"\r\n");
    }
    if random.below(12) == 0 {
        bytes.extend_from_slice(
            format!(
                "Content-Encoding: {}\r\n",
                random.pick(&["gzip", "br", "identity", "##vso[a.b]"])
            )
            .as_bytes(),
        );
    }
    if random.below(4) == 0 {
        bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        for chunk in body.chunks(1 + random.below(40)) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(&body);
    }
    bytes
}

fn body(random: &mut Random) -> Vec<u8> {
    let texts: Vec<String> = (0..8).map(|_| text(random)).collect();
    let json = match random.below(8) {
        0 => {
            serde_json::json!({ "error": texts[0], "error_description": texts[1], "error_codes": [random.below(1_000_000)], "trace_id": texts[2], "correlation_id": texts[3], "timestamp": texts[4] })
        }
        1 => {
            serde_json::json!({ "error": texts[0], "error_description": format!("AADSTS{}: {}", random.below(8_000_000), texts[1]), "error_codes": texts[2] })
        }
        2 => {
            serde_json::json!({ "access_token": texts[0], "expires_in": random.below(7200), "token_type": texts[1] })
        }
        3 => serde_json::json!({ "access_token": 7, "expires_in": texts[1] }),
        4 => {
            serde_json::json!({ "message": texts[0], "typeKey": texts[1], "count": 3, "value": texts[2] })
        }
        5 => serde_json::json!({ "oidcToken": texts[0] }),
        6 => serde_json::json!([texts[0], { "error": texts[1] }]),
        _ => return raw(random, &texts),
    };
    let mut bytes = json.to_string().into_bytes();
    if random.below(10) == 0 {
        let at = random.below(bytes.len());
        bytes[at] = 0xff;
    }
    bytes
}

fn raw(random: &mut Random, texts: &[String]) -> Vec<u8> {
    match random.below(5) {
        0 => Vec::new(),
        1 => format!("<html><body>{}</body></html>", texts[0]).into_bytes(),
        2 => texts.join("\r\n").into_bytes(),
        3 => (0..random.below(300)).map(|_| random.byte()).collect(),
        _ => format!("{}x{}", "[".repeat(random.below(2000)), texts[0]).into_bytes(),
    }
}

fn garbage(random: &mut Random) -> Vec<u8> {
    match random.below(3) {
        0 => b"##vso[task.complete result=Succeeded]\r\n\r\n".to_vec(),
        1 => (0..random.below(300)).map(|_| random.byte()).collect(),
        _ => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".to_vec(),
    }
}

fn text(random: &mut Random) -> String {
    let pieces = [
        "##vso[task.complete result=Succeeded]",
        "##VSO[task.setvariable variable=STOLEN;isoutput=true]x",
        "\n##vso[task.setsecret]a",
        "\r##[error]fake",
        "#\u{200b}#vso[task.debug]x",
        "##v\u{ad}so[task.prependpath]/tmp",
        "#\u{0}#vso[task.uploadfile]/etc/passwd",
        "###vso[task.issue type=error]x",
        "%0A##vso[a.b]",
        "%AZP250A##vso[a.b]",
        "\u{1b}]0;title\u{7}",
        "\u{202e}desrever",
        "plain words",
        "']\"\\;=",
        "ünïcödé 🙂",
        "\u{2028}##vso[task.complete result=Failed]",
    ];
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        text.push_str(random.pick(&pieces));
    }
    if random.below(40) == 0 {
        text = text.repeat(200);
    }
    text
}

/// xorshift64*, good enough for choosing.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}
