//! The seeds as a test, and that `fuzz/`, which nothing builds every day, has what it must.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz_targets::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Runs the target on the input, which is named if it fails.
fn run(name: &str, input: &str, target: fn(&[u8]), data: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| target(data)) {
        eprintln!("{name}: {input}");
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn every_seed_passes() {
    for (name, target) in TARGETS {
        let folder = fuzz().join("seeds").join(name);
        let seeds = names(&folder);
        assert!(seeds.len() >= 2, "{name} has {} seeds", seeds.len());
        for seed in seeds {
            run(name, &seed, *target, &fs::read(folder.join(&seed)).unwrap());
        }
    }
}

/// Each seed cut short in up to 40 places and with up to 40 octets changed, one at a time: the seeds are not there
/// for nothing else, and what a few octets more or less break shows before any fuzzer is started.
#[test]
fn seeds_with_damage_pass() {
    for (name, target) in TARGETS {
        let folder = fuzz().join("seeds").join(name);
        for seed in names(&folder) {
            let data = fs::read(folder.join(&seed)).unwrap();
            for place in (0..data.len()).step_by(data.len().div_ceil(40).max(1)) {
                run(name, &format!("{seed}, the first {place} octets"), *target, &data[..place]);
                let mut damaged = data.clone();
                damaged[place] ^= 1 << (place % 8);
                run(name, &format!("{seed}, with a bit changed at {place}"), *target, &damaged);
            }
        }
    }
}

/// What a binary of `fuzz/` is.
fn binary(name: &str) -> String {
    format!("#![no_main]\n\nlibfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::{name}(data));\n")
}

#[test]
fn every_target_has_its_binary_and_seeds() {
    let names_of_targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &names_of_targets {
        let file = format!("fuzz_targets/{name}.rs");
        assert_eq!(fs::read_to_string(fuzz().join(&file)).unwrap(), binary(name), "{file}");
        let part = format!(
            "[[bin]]\nname = \"{name}\"\npath = \"{file}\"\ntest = false\ndoc = false\nbench = false\n"
        );
        assert!(manifest.contains(&part), "fuzz/Cargo.toml has no\n{part}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), names_of_targets.len(), "a binary without a target");
    let files = names_of_targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&fuzz().join("fuzz_targets")), files);
    assert_eq!(names(&fuzz().join("seeds")), names_of_targets);
}
