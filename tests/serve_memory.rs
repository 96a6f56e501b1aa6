//! Copies of a token in the memory of the process that serves it.
//!
//! It reads only that process's memory, as root can.

use std::fs;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};

use adieu_emulator::World;

use crate::harness::{AZURE_DEVOPS, JobWithBroker};

/// The writable memory of a process, in pieces.
fn memory(process: u32) -> std::io::Result<Vec<Vec<u8>>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut memory = fs::File::open(format!("/proc/{process}/mem"))?;
    let mut pieces = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split(' ').next().unwrap_or_default();
        let ends = range.split_once('-').map(|(start, end)| {
            [start, end].map(|number| u64::from_str_radix(number, 16).expect("an address"))
        });
        let [start, end] = ends.expect("a range");
        let mut piece = vec![0; usize::try_from(end - start).expect("a size")];
        memory.seek(SeekFrom::Start(start))?;
        // Some pages cannot be read at all, such as the kernel's own.
        if memory.read_exact(&mut piece).is_ok() {
            pieces.push(piece);
        }
    }
    Ok(pieces)
}

fn copies(memory: &[Vec<u8>], secret: &str) -> usize {
    let secret = secret.as_bytes();
    let in_piece = |piece: &Vec<u8>| {
        let starts = piece
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == secret[0]);
        starts
            .filter(|(start, _)| piece[*start..].starts_with(secret))
            .count()
    };
    memory.iter().map(in_piece).sum()
}

/// The only copy is the one that is served again. If only the kernel can read that memory, there is nothing to count.
#[test]
fn one_copy_of_a_served_token_is_in_memory() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity");
    let process = served.job.processes_left().first().copied();
    let process = process.expect("a broker");
    for _ in 0..3 {
        let (status, answer) = served.endpoint.token(AZURE_DEVOPS);
        assert_eq!(status, 200);
        let token = answer["access_token"].as_str().expect("a token");
        match memory(process) {
            Ok(memory) => {
                // A copy that was overwritten at its start would still reveal the rest.
                let tail = &token[token.len() - 64..];
                assert_eq!((copies(&memory, token), copies(&memory, tail)), (1, 1));
                // The count is meaningful only if text that is known to be there is found.
                assert!(copies(&memory, &served.endpoint.key) >= 1);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}"),
        }
    }
    served.end();
}
