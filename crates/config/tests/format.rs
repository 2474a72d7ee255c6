//! The canonical form of a bird.conf: it means the same, and it is its own canonical form.
#![allow(clippy::disallowed_methods, clippy::unnecessary_debug_formatting)]

mod common;

use std::path::Path;

use common::{files, folder};
use godwit_config::{LoadOptions, Loaded, RouterConfig, format, load};
use godwit_filter::SourceMap;
use proptest::prelude::*;

fn formatted(text: &str) -> String {
    format(&mut SourceMap::default(), "test.conf", text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

#[test]
fn a_file_gets_its_form() {
    let text = "# what it is\n\n\nrouter id 1.2.3.4 ;log stderr{info,trace};\n\ttable a\ntable b # why\nfunction f(int a;ip b)int c;{c=a;if c=2 then{}else{}c=3; if(c=1)then{return true;}else return ! b~[10.0.0.0/8{8,24},\n   10.1.0.0/16+];}\nprotocol device\n{\n}protocol bgp 'a-b' from x{\n# first\n\n\nlocal as 1;import filter{bgp_path.prepend(1);accept;};\n\n\nexport  where net~[ 1.0.0.0/8 ]&&  source!=RTS_BGP ;\n/* more\n  of it */ passive;\n} # end\ninclude \"x\" ;\n";
    let wanted = "# what it is

router id 1.2.3.4;
log stderr { info, trace };
table a
table b # why
function f(int a; ip b) int c;
{
  c = a;
  if c = 2 then { } else { }
  c = 3;
  if(c = 1) then {
    return true;
  } else return ! b ~ [10.0.0.0/8{8,24},
    10.1.0.0/16+];
}
protocol device { }
protocol bgp 'a-b' from x {
  # first

  local as 1;
  import filter {
    bgp_path.prepend(1);
    accept;
  };

  export where net ~ [ 1.0.0.0/8 ] && source != RTS_BGP;
  /* more
  of it */ passive;
} # end
include \"x\";
";
    assert_eq!(formatted(text), wanted);
    assert_eq!(formatted(wanted), wanted);
    assert_eq!(formatted(""), "");
    assert_eq!(formatted(" # only this"), "# only this\n");
}

#[test]
fn what_has_no_form_is_refused() {
    let refused = |text: &str| {
        let mut sources = SourceMap::default();
        let error = format(&mut sources, "test.conf", text).expect_err("no form");
        sources.one_line(&error)
    };
    assert_eq!(refused("protocol device {\n{"), "test.conf:2:1 a brace without its other");
    assert_eq!(refused("a; } b"), "test.conf:1:4 a brace without its other");
    assert_eq!(refused("define x = \"y;\n"), "test.conf:1:12 Unterminated string");
}

/// Reads a text with what it includes from beside it.
fn read(path: &Path, text: &str) -> Loaded {
    let ipv6_daemon = path.to_string_lossy().contains("bird6");
    let options = LoadOptions { ipv6_daemon, ..LoadOptions::default() };
    load(&path.to_string_lossy(), text, &options, &mut |pattern, from| {
        let file = Path::new(from).with_file_name(pattern);
        let text = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
        Ok(vec![(file.to_string_lossy().into_owned(), text)])
    })
}

/// The two mean the same, whatever blanks their filters were written with.
fn same(path: &Path, was: &str, now: &str) {
    let (before, after) = (read(path, was), read(path, now));
    let said = |loaded: &Loaded| loaded.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>();
    assert_eq!(said(&before), said(&after), "{path:?}");
    let (Some(before), Some(after)) = (before.config, after.config) else { return };
    assert_eq!(godwit_config::compare(&before, &after), [], "{path:?}");
    let squeezed = |config: &RouterConfig| {
        godwit_config::print(config).chars().filter(|c| !c.is_whitespace()).collect::<String>()
    };
    assert_eq!(squeezed(&before), squeezed(&after), "{path:?}");
}

/// Every bird.conf of this repository, and of what is beside it if that is there.
fn all() -> Vec<(std::path::PathBuf, String)> {
    let mut list = Vec::new();
    for place in ["../../config", "tests/print", "tests/invalid", "tests/invalid-1.6"] {
        list.extend(files(&folder(place), ".conf"));
    }
    let cases = folder("../../../shared/data/calico-cases");
    if let Ok(entries) = std::fs::read_dir(cases) {
        for entry in entries.flatten() {
            let expected = entry.path().join("expected");
            if expected.is_dir() {
                list.extend(files(&expected, ".cfg"));
            }
        }
    }
    list
}

#[test]
fn every_file_means_the_same_in_its_form() {
    let mut count = 0;
    for (path, text) in all() {
        let mut sources = SourceMap::default();
        let Ok(now) = format(&mut sources, &path.to_string_lossy(), &text) else { continue };
        count += 1;
        assert_eq!(formatted(&now), now, "{path:?}");
        same(&path, &text, &now);
    }
    assert!(count >= 100, "{count} files");
}

/// Pieces of a file, in any order: what comes out need not be good, only the same.
const PIECES: &[&str] = &[
    "protocol",
    "bgp",
    "x",
    "{",
    "}",
    ";",
    "[",
    "]",
    "(",
    ")",
    ",",
    "10.0.0.0/8",
    "{8,24}",
    "+",
    "-",
    "=",
    "!=",
    "~",
    "&&",
    "\"a b\"",
    "'q-r'",
    "# c\n",
    "/* d */",
    "/* e\nf */",
    "\n",
    "\n\n",
    "\t",
    " ",
    "if",
    "then",
    "else",
    "filter",
    "1..2",
    "bgp_path.len",
    "!",
    "fe80::1%eth0",
    "\ninclude \"y\";\n",
    "{ }",
    "[= * 1 ? =]",
    "case",
    "1:",
    "else:",
    "65000",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_form_is_its_own_form(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let text = pieces.join(" ");
        if let Ok(now) = format(&mut SourceMap::default(), "t", &text) {
            let again = format(&mut SourceMap::default(), "t", &now).expect("a form has a form");
            prop_assert_eq!(again, now);
        }
    }

    /// Nothing but a brace or a piece that is no token is a reason for none.
    #[test]
    fn what_is_balanced_has_a_form(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let text = pieces.join(" ");
        if let Err(error) = format(&mut SourceMap::default(), "t", &text) {
            prop_assert!(!error.message.contains("another form"), "{}\n{text}", error.message);
        }
    }
}
