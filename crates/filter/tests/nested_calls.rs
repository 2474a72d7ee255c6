//! Functions that call functions that call functions: comparing them takes no longer than reading them, and how many
//! may stand in one another is bounded.

mod common;

use common::{Dialect, program, program_in};

/// Functions that each call the one before as `call` says, and a filter on the last.
fn chain(functions: usize, first: &str, call: fn(usize) -> String) -> String {
    let mut text = format!("function f0(int a) {{ {first} }}\n");
    text.extend((1..functions).map(|i| format!("function f{i}(int a) {{ return {}; }}\n", call(i - 1))));
    text + &format!("filter t {{ if f{}(1) = 2 then accept; reject; }}\n", functions - 1)
}

fn twice(i: usize) -> String {
    format!("f{i}(a) + f{i}(a + 1)")
}

#[test]
fn programs_whose_functions_call_others_twice_are_compared_at_once() {
    let (one, other) = (program(&chain(100, "return a;", twice)), program(&chain(100, "return a;", twice)));
    assert_eq!(one, other);
    assert_eq!(one.filter("t"), other.filter("t"));
    // The difference is far below.
    let changed = program(&chain(100, "return a + 1;", twice));
    assert_ne!(one, changed);
    assert_ne!(one.filter("t"), changed.filter("t"));
}

#[test]
fn neither_names_of_functions_nor_lines_count() {
    let renamed = chain(10, "return a;", twice).replace("function f", "\n\nfunction g").replace(" f", " g");
    let (one, other) = (program(&chain(10, "return a;", twice)), program(&renamed));
    assert_eq!(one.filter("t"), other.filter("t"));
}

#[test]
fn as_many_functions_as_may_stand_in_one_another() {
    let once = |i| format!("f{i}(a)");
    let (one, other) = (program(&chain(1000, "return a;", once)), program(&chain(1000, "return a;", once)));
    assert_eq!(one, other);
    let Err((map, error)) = program_in(&chain(1001, "return a;", once), Dialect::Bird2) else {
        panic!("it is read")
    };
    assert_eq!(map.one_line(&error), "test.conf:1001:10 Function calls nest too deep");
}
