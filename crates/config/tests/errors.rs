//! Everything that is wrong with a file is told, in one go.
#![allow(clippy::disallowed_methods)]

mod common;

use common::{findings, read, read_as};
use godwit_config::{Dialect, LoadOptions, load};

#[test]
fn one_error_does_not_hide_another() {
    let text = "protocol device { scan tyme 3; }
define A = 10.0.0.1/8;
define B = 300.1.1.1; define C = 99999999999;
define D = \"open;
filter f { if A then accept; reject; }
protocol kernel k { ipv4 { exprot all; import non; }; learn maybe; }
protocol bgp p {
  local as 1; neighbor 192.0.2.1 as 2;
  ipv4 { import filter f; export where bgp_path; };
  hold time @ 3;
}
protocol static s { ipv4; route 10.0.0.0/33 blackhole; route 10.0.0.0/8 blackhoel; }
debug protocols { status };
protocol l3vpn { }
nonsense here;
";
    let said = findings(&read_as(text, Dialect::Bird2));
    let lines: Vec<&str> = said.iter().filter_map(|line| line.split(':').nth(1)).collect();
    for line in ["1", "2", "3", "4", "5", "6", "9", "10", "12", "13", "14", "15"] {
        assert!(lines.contains(&line), "nothing of line {line}: {said:#?}");
    }
    let of = |line: &str| lines.iter().filter(|l| **l == line).count();
    assert_eq!((of("3"), of("6"), of("12")), (2, 3, 2), "{said:#?}");
}

#[test]
fn what_is_no_token_is_shown_as_it_stands() {
    let read = read("protocol device { }\ndefine A = 10.0.0.1/8;\r\ndefine B = 1;\r\n");
    let shown: Vec<String> = read.diagnostics.iter().map(|d| read.sources.render(d).to_string()).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown.iter().all(|text| text.contains("2 | define A = 10.0.0.1/8;")), "{shown:?}");
    assert!(shown.iter().any(|text| text.contains("maybe you wanted 10.0.0.0/8")), "{shown:?}");
    assert!(shown.iter().any(|text| text.contains("save the file with line feeds only")), "{shown:?}");
}

#[test]
fn errors_of_included_files_are_found_too() {
    let text = "protocol device { }\ninclude \"one\";\ninclude \"two\";\ndefine E = 0;\ndefine E = 1;\n";
    let mut files =
        |name: &str, _: &str| Ok(vec![(name.to_owned(), format!("define {name} = 999999999999;\n"))]);
    let read = load("test.conf", text, &LoadOptions::default(), &mut files);
    assert_eq!(
        findings(&read),
        [
            "one:1:14 Number out of range",
            "two:1:14 Number out of range",
            "test.conf:5:8 Symbol 'E' already defined"
        ]
    );
}

#[test]
fn a_type_error_has_both_types() {
    let said = findings(&read_as(
        "protocol device { }\nfilter f { if 1 + \"x\" = 2 then accept; }\n",
        Dialect::Bird2,
    ));
    assert!(said.iter().any(|line| line.contains("int") && line.contains("string")), "{said:?}");
}

#[test]
fn a_file_that_mixes_the_languages_is_told_so() {
    let both = "protocol device { }
listen bgp port 180;
protocol bgp p { local as 1; neighbor 192.0.2.1 as 1; ipv4 { import all; }; }
";
    let read_both = read(both);
    let said = findings(&read_both);
    let mixed = "test.conf:3:55 this configuration mixes the languages of BIRD 1.6 and 2.x";
    assert_eq!(said.last().map(String::as_str), Some(mixed), "{said:?}");
    let last = read_both.diagnostics.last().expect("an error");
    assert_eq!(last.help.as_deref(), Some("it is read as one of 1.6, for what stands at test.conf:2"));
    // What is only out of place makes no other language of a file.
    let misplaced = "protocol device { }
protocol bgp p { local as 1; neighbor 192.0.2.1 as 1; import all; ipv4 { export all; }; }
";
    let said = findings(&read(misplaced));
    let first = said.first().map(String::as_str).unwrap_or_default();
    assert!(first.starts_with("test.conf:2:55 syntax error, unexpected 'import'"), "{said:?}");
}
