//! This program as the linker of the Windows binary: it puts similar functions side by side and calls LLVM's linker.
//!
//! LLVM's linker does that itself (`--bp-compression-sort`), but for formats other than Windows'. So it links the functions
//! once as an ELF program that is not kept, and the order in its map is given to it for the real program.

use std::path::Path;
use std::process::Command;

use object::write::{Object, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, File, Object as _, ObjectSection as _,
    ObjectSymbol as _, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

use crate::command::{output, run};
use crate::files;

/// The variable with the path of LLVM's linker, and the first word by which rustc calls one.
pub(super) const VARIABLE: &str = "ADIEU_LLD";
pub(crate) const FIRST_WORD: &str = "-flavor";

/// Bytes of which a function's address is a multiple.
const ALIGNED: u64 = 16;

/// Links, as rustc says, in the better order.
pub(crate) fn link(arguments: &[&str]) -> Result<(), String> {
    let linker = std::env::var_os(VARIABLE)
        .ok_or_else(|| format!("{VARIABLE} does not name LLVM's linker."))?;
    let linker = Path::new(&linker);
    let mut command = Command::new(linker);
    command.arg(FIRST_WORD).args(arguments);
    let program = arguments.iter().find(|name| name.ends_with(".rcgu.o"));
    if let Some(program) = program {
        let order = Path::new(program).with_extension("order");
        let names = similar_side_by_side(linker, Path::new(program))?;
        files::write(&order, names.join("\n"))?;
        command.arg(format!("-Xlink=-order:@{}", order.display()));
    }
    run(&mut command)
}

/// The names of the functions in an object file.
fn similar_side_by_side(linker: &Path, program: &Path) -> Result<Vec<String>, String> {
    let failed = |error: object::Error| format!("{}: {error}.", program.display());
    let bytes = files::read(program)?;
    let file = File::parse(&*bytes).map_err(failed)?;
    let mut names = Vec::new();
    let mut elf = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    for symbol in file.symbols() {
        let section = symbol
            .section_index()
            .filter(|_| symbol.kind() == SymbolKind::Text);
        let Some(section) = section else {
            continue;
        };
        let section = file.section_by_index(section).map_err(failed)?;
        let code = section.data().map_err(failed)?;
        let name = format!(".text.{}", names.len());
        let id = elf.add_section(Vec::new(), name.clone().into_bytes(), SectionKind::Text);
        elf.append_section_data(id, code, ALIGNED);
        elf.add_symbol(Symbol {
            name: name.into_bytes(),
            value: 0,
            size: code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(id),
            flags: SymbolFlags::None,
        });
        names.push(symbol.name().map_err(failed)?.to_owned());
    }
    let functions = program.with_extension("functions");
    let map = program.with_extension("map");
    let elf = elf
        .write()
        .map_err(|error| format!("{}: {error}.", functions.display()))?;
    files::write(&functions, elf)?;
    let mut order = Command::new(linker);
    order
        .args([
            FIRST_WORD,
            "gnu",
            "--entry=0",
            "--bp-compression-sort=function",
        ])
        .arg(format!("-Map={}", map.display()))
        .arg("-o")
        .arg(program.with_extension("similar"))
        .arg(&functions);
    if output(&mut order).is_none() {
        return Ok(names);
    }
    let map = files::read_text(&map)?;
    let indices = map.lines().filter_map(|line| {
        line.split_once("(.text.")?
            .1
            .strip_suffix(')')?
            .parse()
            .ok()
    });
    Ok(indices
        .filter_map(|index: usize| names.get(index).cloned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::lld;
    use super::*;

    #[test]
    fn similar_functions_become_neighbours() {
        let linker = lld::find().expect("LLVM's linker of the toolchain");
        let mut file = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
        for index in 0..32_u8 {
            let kind = index % 2;
            let section = file.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
            let shared = (0..=255_u8).map(|byte| byte.wrapping_mul(2 * kind + 3));
            let code: Vec<u8> = shared.chain([index; 8]).collect();
            file.append_section_data(section, &code, ALIGNED);
            file.add_symbol(Symbol {
                name: format!("kind{kind}_{index}").into_bytes(),
                value: 0,
                size: code.len() as u64,
                kind: SymbolKind::Text,
                scope: SymbolScope::Linkage,
                weak: false,
                section: SymbolSection::Section(section),
                flags: SymbolFlags::None,
            });
        }
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("program.rcgu.o");
        files::write(&program, file.write().expect("an object file")).expect("a file");
        let names = similar_side_by_side(&linker, &program).expect("names");
        assert_eq!(names.len(), 32);
        let kinds = names.iter().map(|name| &name[..5]);
        let changes = kinds
            .clone()
            .zip(kinds.skip(1))
            .filter(|(one, next)| one != next);
        assert_eq!(changes.count(), 1, "{names:?}");
    }
}
